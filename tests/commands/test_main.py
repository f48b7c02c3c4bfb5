import json
import subprocess
import sys

import pytest

from course_lib import __main__
from course_lib.commands import doctor, evaluate
from course_lib.files import InputError
from course_lib.spotting.tasks import TASKS


@pytest.mark.parametrize("command", __main__.COMMANDS, ids=lambda command: command.NAME)
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as stopped:
        __main__.main([command.NAME, "--help"])
    text = capsys.readouterr().out
    assert stopped.value.code == 0
    assert command.__doc__.strip().splitlines()[0] in text


def test_bad_input_is_one_sentence_and_status_2(capsys):
    assert __main__.main(["train", "nonsense+fc"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: system 'nonsense+fc'") and error.count("\n") == 1


def test_commands_return_their_status_and_an_interrupt_is_no_traceback(monkeypatch, capsys):
    def stop(arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(doctor, "run", lambda arguments: 7)
    assert __main__.main(["doctor"]) == 7
    monkeypatch.setattr(doctor, "run", stop)
    assert __main__.main(["doctor"]) == 130
    assert capsys.readouterr().err == "stopped\n"


HEAVY = {"torch", "pandas", "matplotlib", "accelerate", "av", "cv2"}


def heavy_modules_of(*commands):
    """Those that a process loads which runs these commands, one after the other."""
    code = (
        "import contextlib, io, json, sys\nfrom course_lib import __main__\n"
        f"for words in {[[str(word) for word in words] for words in commands]}:\n"
        "    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        "        assert __main__.main(words) == 0, words\n"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert "argparse" in loaded
    return loaded & HEAVY


def test_help_waits_for_nothing_heavy():
    assert not heavy_modules_of(["--help"], *([command.NAME, "--help"] for command in __main__.COMMANDS))


def test_scoring_files_waits_for_nothing_heavy(tmp_path):
    label = {"gameTime": "1 - 00:12", "label": "PASS", "position": "12480", "visibility": "visible"}
    spot = label | {"half": "1", "confidence": "0.83"}
    match = tmp_path / "league" / "season" / "match"
    match.mkdir(parents=True)
    (match / "Labels-ball.json").write_text(json.dumps({"annotations": [label]}))
    (match / "results_spotting.json").write_text(json.dumps({"predictions": [spot]}))
    event = {"frame": 3, "label": "set", "xy": [0.5, 0.5], "score": 0.9}
    rally = {"video": "r", "num_frames": 9, "fps": 25, "width": 398, "height": 224, "events": [event]}
    (tmp_path / "rallies.json").write_text(json.dumps([rally]))

    def evaluate(place, *options):
        return ["evaluate", "--labels", place, "--predictions", place, *options, "--json", tmp_path / "scores.json"]

    assert not heavy_modules_of(
        evaluate(tmp_path),
        evaluate(tmp_path / "rallies.json", "--format", "e2e"),
        evaluate(tmp_path / "rallies.json", "--metric", "volleyball"),
    )
    assert json.loads((tmp_path / "scores.json").read_text())["metric"] == "volleyball"


def test_evaluate_knows_the_tasks_that_say_where():
    assert tuple(name for name, task in TASKS.items() if task.says_where) == evaluate.PLACED


def test_doctor_says_what_to_do_about_what_is_missing(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    monkeypatch.setattr("course_lib.models.weights.hub_reachable", lambda: False)
    findings = {finding.what.split(" not found")[0]: finding for finding in doctor.examine()}
    missing = findings["data set sim-soccer"]
    assert not missing.ok and "make data" in str(missing) and str(missing).startswith("[--]")
    assert not findings["model hub huggingface.co"].ok
    assert str(doctor.Remark(True, "all well", "nothing")) == "[OK] all well"


def test_doctor_notices_a_wrong_torch(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    monkeypatch.setattr("course_lib.models.weights.hub_reachable", lambda: False)
    monkeypatch.setattr("importlib.metadata.version", lambda name: "2.10.0+cpu" if name == "torch" else "0.26.0+cpu")
    findings = {finding.what: finding for finding in doctor.examine()}
    assert not findings["torch 2.10.0+cpu"].ok and "2.11.0" in findings["torch 2.10.0+cpu"].remedy
    assert findings["torchvision 0.26.0+cpu"].ok


def test_doctor_reports_a_broken_data_set_as_broken(monkeypatch, tmp_path):
    def refuse(name):
        raise InputError(f"{name}: broken")

    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    (tmp_path / "data" / "sim-soccer").mkdir(parents=True)
    monkeypatch.setattr("course_lib.data.datasets.load_dataset", refuse)
    monkeypatch.setattr("course_lib.models.weights.hub_reachable", lambda: False)
    assert "[--] data set sim-soccer cannot be read: sim-soccer: broken" in map(str, doctor.examine())
