import subprocess
import sys

import pytest

from course_lib import __main__
from course_lib.commands import doctor
from course_lib.files import InputError


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


def test_help_does_not_wait_for_torch():
    code = "import sys; from course_lib.__main__ import build_parser; build_parser(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


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
