"""acceleration: precision, trackers and compilation, each with its way back."""

import pytest
import torch
from blinking import CLASSES, blinking_config

from course_lib.files import InputError
from course_lib.models.zoo import build
from course_lib.training.acceleration import compile_or_not, gpu_kernels, laid_out, make_accelerator, precision_of


def test_precision_by_hardware(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert precision_of("auto") == "no" and precision_of("bf16") == "bf16"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    for has_bf16, expected in ((True, "bf16"), (False, "fp16")):
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation, has_bf16=has_bf16: has_bf16)
        assert precision_of("auto") == expected and precision_of("no") == precision_of("tf32") == "no"


def kernels():
    cudnn = torch.backends.cudnn
    return cudnn.benchmark, cudnn.allow_tf32, torch.get_float32_matmul_precision()


@pytest.mark.parametrize(
    ("precision", "same_shapes", "expected"),
    [
        ("no", False, (False, False, "highest")),
        ("tf32", True, (True, True, "high")),
        ("auto", True, (True, True, "highest")),
    ],
)
def test_kernels_of_a_gpu_are_chosen_for_a_while(precision, same_shapes, expected, monkeypatch):
    before = kernels()
    with gpu_kernels(precision, same_shapes=same_shapes):
        assert kernels() == before  # there is none
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    with pytest.raises(KeyError), gpu_kernels(precision, same_shapes=same_shapes):
        assert kernels() == expected
        raise KeyError
    assert kernels() == before == (False, True, "highest")


def test_who_asked_for_deterministic_kernels_gets_no_trials(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.backends.cudnn, "deterministic", True)
    with gpu_kernels("auto", same_shapes=True):
        assert not torch.backends.cudnn.benchmark


def test_filters_lie_channels_last_on_a_gpu(monkeypatch):
    model = build("regnety_002_gsm+fc", len(CLASSES), weights="none")  # filters of pictures, and of clips in the gates
    monkeypatch.setattr(model, "to", lambda device: model)
    filters = [p for p in model.parameters() if p.ndim in (4, 5)]
    values = [p.detach().clone() for p in filters]
    assert laid_out(model, torch.device("cuda")) is model
    for parameter, value in zip(filters, values, strict=True):
        layout = torch.channels_last if parameter.ndim == 4 else torch.channels_last_3d
        assert parameter.is_contiguous(memory_format=layout) and torch.equal(parameter, value)


def test_one_process_may_train_with_different_precisions(tmp_path):
    for precision in ("no", "bf16", "no"):
        accelerator = make_accelerator(blinking_config(train__precision=precision), tmp_path)
        assert accelerator.mixed_precision == precision


@pytest.mark.parametrize(
    ("tracker", "sentence"),
    [("notebook", "tracker 'notebook': expected one of"), ("aim", "'aim': its package is not installed")],
)
def test_a_tracker_that_is_not_there(tracker, sentence, tmp_path):
    with pytest.raises(InputError, match=sentence):
        make_accelerator(blinking_config(train__trackers=[tracker]), tmp_path)


@pytest.fixture
def model():
    return build("tiny3d+fc", len(CLASSES), weights="none").train()


BATCH = {"frames": torch.zeros(2, 4, 3, 32, 48)}


def unchanged(model, before):
    same = all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    return same and all(parameter.grad is None for parameter in model.parameters())


def test_compiling_that_fails_falls_back_to_the_model_as_it_was(model, monkeypatch, capsys):
    before = {key: value.clone() for key, value in model.state_dict().items()}

    def breaks(batch):
        model(batch)["logits"].sum().backward()  # moves batch statistics and leaves gradients
        raise RuntimeError("no compiler")

    monkeypatch.setattr(torch, "compile", lambda _, dynamic: breaks)
    assert compile_or_not(model, BATCH) is model and unchanged(model, before)
    assert "torch.compile does not work here (RuntimeError); training without it" in capsys.readouterr().out


def test_compiling_that_works_is_used_and_leaves_the_model_as_it_was(model, monkeypatch):
    before = {key: value.clone() for key, value in model.state_dict().items()}
    monkeypatch.setattr(torch, "compile", lambda given, dynamic: given.__call__)
    assert compile_or_not(model, BATCH) is not model and unchanged(model, before)
