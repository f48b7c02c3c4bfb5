# The two commands: `make demo` shows a spotter trained before your eyes, `make test` checks everything.
# Both start from a bare clone, use uv where it is installed and plain pip where it is not, and skip what is already done.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help install demo data volleyball-data test lint unit notebook-tests notebooks slides lab doctor clean

# Threads that wait for each other spin, which beside another program made a training step six to ten times slower.
# Spinning only as long as a short operation takes made it two to three times, and costs nothing where cores are free.
export GOMP_SPINCOUNT ?= 10000

VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
# The first Python of a supported version that really starts (version managers leave commands behind that do not).
PYTHON ?= $(shell for p in python3.12 python3.11 python3 python; do \
	"$$p" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' >/dev/null 2>&1 && echo $$p && break; done)
NOTEBOOK_DIRS := notebooks notebooks/solutions
SERVED := tests/test_page.py tests/test_widgets_browser.py
SAY := @printf '\n== %s\n'

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/.installed  ## Make .venv and install everything into it

$(VENV)/.installed: requirements.txt pyproject.toml
	$(SAY) "Environment: installing requirements.txt into $(VENV) (about 5 GB; once)"
	@if command -v uv >/dev/null; then \
		test -x $(PY) || uv venv --quiet --python '>=3.11,<3.13' $(VENV); \
		uv pip install --quiet --python $(PY) -r requirements.txt; \
	else \
		test -n "$(PYTHON)" || { echo "error: Python 3.11 or 3.12 is needed and none was found"; exit 2; }; \
		test -x $(PY) || $(PYTHON) -m venv $(VENV); \
		$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt; \
	fi
	@touch $@

data: install  ## Simulate the quick matches (once; about three minutes on two cores)
	$(SAY) "Data: simulated matches in data/sim-soccer"
	@$(PY) data_scripts/simulate_soccer.py --size quick

volleyball-data: install  ## Simulate the quick rallies (once; about a minute and a half on two cores)
	$(SAY) "Data: simulated volleyball rallies in data/sim-volleyball"
	@$(PY) data_scripts/simulate_volleyball.py --size quick

demo: data  ## Train and compare two spotters, then show what they see
	$(SAY) "Demo: RegNet-Y, frame by frame, against X3D with SGP, which see motion"
	@$(PY) -m course_lib demo

test: lint unit notebook-tests  ## Lint, unit tests, every notebook
	$(SAY) "All checks passed"

lint: install
	$(SAY) "Lint"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

unit: install
	$(SAY) "Unit tests"
	@OMP_NUM_THREADS=1 $(PY) -m pytest -q -n 2 tests $(addprefix --ignore ,$(SERVED))
	@# By themselves: they wait for servers, a kernel and a browser, which want the cores and live in threads.
	@OMP_NUM_THREADS=1 $(PY) -m pytest -q $(SERVED)

notebook-tests: data volleyball-data
	$(SAY) "Notebooks and their solutions, executed from top to bottom"
	@COURSE_PROFILE=smoke $(PY) -m pytest -q --nbval-lax --nbval-current-env --nbval-cell-timeout=600 $(NOTEBOOK_DIRS)

notebooks: data volleyball-data  ## Execute every notebook afresh and keep the outputs
	$(SAY) "Executing the notebooks in place"
	@for notebook in $(foreach dir,$(NOTEBOOK_DIRS),$(wildcard $(dir)/*.ipynb)); do \
		COURSE_PROFILE=smoke $(BIN)/jupyter nbconvert --to notebook --execute --inplace \
			--ExecutePreprocessor.record_timing=False --ExecutePreprocessor.store_widget_state=False \
			--NotebookExporter.preprocessors=course_lib.widgets.static.KeepPictures "$$notebook"; \
	done

slides:  ## Turn the decks into HTML with Marp (needs Node.js)
	@command -v npx >/dev/null || { echo "error: slides need Node.js (npx); the decks are readable as Markdown too"; exit 2; }
	@npx --yes @marp-team/marp-cli@4 --allow-local-files --html false slides/[0-9x]*_*.md

lab: install  ## Open JupyterLab on the first notebook
	@$(BIN)/jupyter lab notebooks/00_matches_and_events.ipynb

doctor: install  ## Say what works on this machine and what to do about the rest
	@$(PY) -m course_lib doctor

clean:  ## Remove runs and caches; keep .venv and the simulated matches
	rm -rf runs data/cache .pytest_cache .ruff_cache
