# The two commands: `make demo` shows a spotter trained before your eyes, `make test` checks everything.
# Both start from a bare clone, install with uv (their own where there is none), and skip what is already done.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help install demo data volleyball-data check-data test test-smoke test-slow lint unit notebook-tests bench \
	notebooks slides lab doctor clean

# Threads that wait for each other spin, which beside another program made a training step six to ten times slower.
# Spinning only as long as a short operation takes made it two to three times, and costs nothing where cores are free.
export GOMP_SPINCOUNT ?= 10000

BEGUN := $(shell date +%s)
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
# The first Python that is new enough and really starts (version managers leave commands behind that do not).
PYTHON ?= $(shell for p in python3.12 python3.13 python3.11 python3 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && break; done)
# Which to test or to execute: make notebooks NOTEBOOKS=notebooks/03_x3d.ipynb
NOTEBOOKS ?= $(sort $(wildcard notebooks/*.ipynb)) $(sort $(wildcard notebooks/solutions/*.ipynb))
NBVAL := --nbval-lax --nbval-current-env --nbval-cell-timeout=600 --nbval-kernel-startup-timeout=300 -p tests.helpers.notebook_outputs
# The tests' own matches, runs and caches: what a reader has made is neither used nor touched.
CHECK_HOME := $(CURDIR)/.check
CHECK := COURSE_PROFILE=check COURSE_HOME=$(CHECK_HOME)
SERVED := tests/page/test_build.py tests/widgets/test_browser.py
SAY := @printf '\n== %s\n'

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/.installed  ## Make .venv and install everything into it

$(VENV)/.installed: requirements.txt pyproject.toml
	$(SAY) "Environment: installing requirements.txt into $(VENV) (about 5 GB; once)"
	@if command -v uv >/dev/null; then \
		test -x $(PY) || uv venv --quiet --python '>=3.11,<3.14' $(VENV); \
		uv pip install --quiet --python $(PY) -r requirements.txt; \
	else \
		test -n "$(PYTHON)" || { echo "error: Python 3.11 or newer is needed and none was found"; exit 2; }; \
		test -x $(PY) || $(PYTHON) -m venv $(VENV); \
		{ $(PY) -m pip install --quiet --disable-pip-version-check uv && \
			$(PY) -m uv pip install --quiet --python $(PY) -r requirements.txt; } || \
			{ echo "uv could not (it does not read pip's settings); pip does it, which takes longer"; \
			$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt; }; \
	fi
	@touch $@

data: install  ## Simulate the quick matches (once; about six minutes on two cores)
	$(SAY) "Data: simulated matches in data/sim-soccer"
	@$(PY) data_scripts/simulate_soccer.py --size quick

volleyball-data: install  ## Simulate the quick rallies (once; about a minute and a half on two cores)
	$(SAY) "Data: simulated volleyball rallies in data/sim-volleyball"
	@$(PY) data_scripts/simulate_volleyball.py --size quick

demo: install  ## Film some matches, train and compare two spotters, then show what they see
	$(SAY) "Demo: RegNet-Y, frame by frame, against X3D with SGP, which see motion"
	@$(PY) -m course_lib demo --begun $(BEGUN)

test: lint unit notebook-tests  ## Lint, unit tests, every notebook on little data: what continuous integration runs
	$(SAY) "All checks passed"

test-smoke: lint unit data volleyball-data  ## The same with the notebooks as readers run them: their trainings, their outputs
	$(SAY) "Notebooks and their solutions in the profile smoke, executed from top to bottom"
	@COURSE_PROFILE=smoke $(PY) -m pytest -q $(NBVAL) $(NOTEBOOKS)

test-slow: install  ## Tests that take long, which `make test` leaves out
	$(SAY) "Slow tests"
	@OMP_NUM_THREADS=1 $(PY) -m pytest -q -n 2 -m slow tests

bench: install  ## How quick everything is, beside plain versions of what others do; nothing else should run meanwhile
	$(SAY) "Benchmarks: ratios of processor time, each pair measured in turn"
	@$(PY) tests/benchmarks/run_all.py

lint: install
	$(SAY) "Lint"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

unit: install
	$(SAY) "Unit tests"
	@OMP_NUM_THREADS=1 $(PY) -m pytest -q -n 2 -m "not slow" tests $(addprefix --ignore ,$(SERVED))
	@# By themselves: they wait for servers, a kernel and a browser, which want the cores and live in threads.
	@OMP_NUM_THREADS=1 $(PY) -m pytest -q $(SERVED)

check-data: install
	$(SAY) "Data for the tests: a few simulated minutes in .check"
	@$(CHECK) $(PY) data_scripts/simulate_soccer.py --size check
	@$(CHECK) $(PY) data_scripts/simulate_volleyball.py --size check

notebook-tests: check-data  ## Every notebook and solution, each training a matter of seconds
	$(SAY) "Notebooks and their solutions in the profile check, executed from top to bottom, two at a time"
	@rm -rf $(CHECK_HOME)/runs $(CHECK_HOME)/data/cache
	@$(CHECK) OMP_NUM_THREADS=1 $(PY) -m pytest -q -n 2 --dist loadscope $(NBVAL) $(NOTEBOOKS)

# One by one, so that a command that was stopped goes on where it was: done is what has not changed since, nor the library.
EXECUTED := runs/executed
LIBRARY := $(shell find course_lib data_scripts -name '*.py' -o -name '*.safetensors')
notebooks: $(NOTEBOOKS:%.ipynb=$(EXECUTED)/%)  ## Execute the notebooks in smoke and keep the outputs

$(EXECUTED)/%: %.ipynb $(LIBRARY) | data volleyball-data
	$(SAY) "Executing $< in place"
	@COURSE_PROFILE=smoke $(BIN)/jupyter nbconvert --to notebook --execute --inplace \
		--ExecutePreprocessor.record_timing=False --ExecutePreprocessor.store_widget_state=False \
		--NotebookExporter.preprocessors=course_lib.widgets.static.KeepPictures "$<"
	@mkdir -p $(@D) && touch $@

slides:  ## Turn the decks into HTML with Marp (needs Node.js)
	@command -v npx >/dev/null || { echo "error: slides need Node.js (npx); the decks are readable as Markdown too"; exit 2; }
	@npx --yes @marp-team/marp-cli@4 --allow-local-files --html false slides/[0-9x]*_*.md

lab: install  ## Open JupyterLab on the first notebook
	@$(BIN)/jupyter lab notebooks/00_matches_and_events.ipynb

doctor: install  ## Say what works on this machine and what to do about the rest
	@$(PY) -m course_lib doctor

clean:  ## Remove runs and caches; keep .venv and the simulated matches
	rm -rf runs data/cache .check .pytest_cache .ruff_cache
