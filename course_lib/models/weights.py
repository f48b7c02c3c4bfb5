"""Pretrained weights: from the hub or the network's makers, else those that the course ships, else none, and one line
saying which.

Only numbers are read, nothing that runs: safetensors, or makers' PyTorch files with `weights_only=True`. Introduced in
notebook 02.
"""

import pickle
import threading
import urllib.request
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from urllib.parse import urlparse

import huggingface_hub
import torch
from huggingface_hub import constants
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from course_lib.files import InputError, atomic_path, reason

__all__ = [
    "SHIPPED",
    "hub_reachable",
    "load_backbone",
    "load_weights",
    "read_weights",
    "refuse_outdated",
    "save_weights",
]

SHIPPED = Path(__file__).parent.parent / "weights"
"""Folder of <backbone>.safetensors that come with the course."""

HUB_PATIENCE_SEC = 2.0
_RENAMED = {"heads.logits.": "heads.classes.", "heads.xy.scores.": "heads.heat.scores."}  # in runs of earlier versions
# Parts that compute something else by now, in their old name and their new one: numbers of then would be read wrongly.
_OUTDATED = [
    (".conv1.shift.", ".conv1.gated_shift.", "gated shifts that move channels the other way"),
    ("heads.xy.layers.4.", "heads.xy.layers.3.", "one ReLU more in the head for places"),
]


@cache
def hub_reachable() -> bool:
    """Whether the model hub answers within two seconds; asked once a process. False if HF_HUB_OFFLINE is set."""
    return _answers(constants.ENDPOINT)


def _answers(address: str) -> bool:
    if constants.HF_HUB_OFFLINE:
        return False
    finished = threading.Event()
    answers = []

    def ask() -> None:
        try:
            with urllib.request.urlopen(address, timeout=HUB_PATIENCE_SEC):
                answers.append(True)
        except (OSError, ValueError):
            pass
        finally:
            finished.set()

    # In a thread, because looking up a name may hang for longer than any timeout that can be given.
    threading.Thread(target=ask, daemon=True).start()
    finished.wait(HUB_PATIENCE_SEC)
    return bool(answers)


def load_backbone(backbone: nn.Module, name: str, weights: str) -> str:
    """Give a backbone its weights and print one line that says which.

    Args:
        backbone: freshly made.
        name: of the backbone, for the shipped file and the line.
        weights: "auto": the hub or its makers (or what was fetched from there before), else the shipped file, else as
            it is; "shipped": the same, but nobody is asked; "none": as it is; or the path of a .safetensors file of a
            backbone or of a whole spotter.

    Returns:
        Where the weights come from, in words.

    Raises:
        InputError: the file is missing or belongs to another network.
    """
    if weights == "none":
        origin = "random weights"
    elif weights in ("auto", "shipped"):
        fetched = (_from_hub(backbone) or _from_maker(backbone)) if weights == "auto" else None
        shipped = _from_shipped(backbone, name) if fetched is None else fetched
        origin = shipped or _from_shipped(backbone, getattr(backbone, "weights_of", name))
        if origin is None:
            elsewhere = "the hub" if backbone.hub_id else urlparse(getattr(backbone, "weights_url", "")).hostname
            reason = f"{elsewhere} cannot be reached, none are shipped" if elsewhere else "none exist for it"
            origin = f"random weights ({'none are shipped' if weights == 'shipped' else reason})"
    else:
        left = Counter(key.split(".")[0] for key in load_weights(backbone, weights))
        origin = f"weights of {weights}"
        parts = ", ".join(f"{part} ({number} array{'s' * (number > 1)})" for part, number in left.items())
        taken = f"the backbone; left there: {parts} (train --from takes all of a run)" if left else "all of the file"
        print(f"{name}: {origin}: {taken}", flush=True)
        return origin
    print(f"{name}: {origin}", flush=True)
    return origin


def load_weights(module: nn.Module, path: str | Path) -> list[str]:
    """Copy the numbers of a .safetensors file into a module; a spotter's file also fits its backbone.

    Returns:
        Entries of the file for which the module has no place.

    Raises:
        InputError: no such file, no safetensors, or not of this network; the module is then unchanged.
    """
    state = read_weights(module, path)
    everything = list(state)
    if not _required(module, state) <= state.keys():
        state = {key.removeprefix("backbone."): value for key, value in state.items() if key.startswith("backbone.")}
        everything = [key.removeprefix("backbone.") for key in everything]
    _copy(module, state, str(path))
    own = module.state_dict().keys()
    return [key for key in everything if key not in own]


def read_weights(module: nn.Module, path: str | Path) -> dict[str, Tensor]:
    """The numbers of a .safetensors file under the names of today.

    Raises:
        InputError: no such file, no safetensors, or of a version in which a part of the module meant something else.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file of weights")
    try:
        state = load_file(path)
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise InputError(f"{path}: cannot be read as safetensors ({reason(error)})") from None
    for old, new in _RENAMED.items():
        state = {key.replace(old, new, 1) if key.startswith(old) else key: value for key, value in state.items()}
    refuse_outdated(module, state, str(path))
    return state


def refuse_outdated(module: nn.Module, state: Mapping[str, Tensor], source: str) -> None:
    """Refuse numbers that mean something else in the module than in the version that wrote them.

    Raises:
        InputError: the state holds an old form of a part that the module has.
    """
    for old, new, words in _OUTDATED:
        if any(old in key for key in state) and any(new in key for key in module.state_dict()):
            raise InputError(f"{source}: of an earlier version, with {words}; expected weights trained with this one")


def save_weights(module: nn.Module, path: str | Path) -> None:
    """Write the numbers of a module as .safetensors, atomically."""
    with atomic_path(path) as temporary:
        # safetensors knows one memory layout only, and 2D backbones keep theirs channels-last.
        save_file({key: value.contiguous() for key, value in module.state_dict().items()}, temporary)


def _from_hub(backbone: nn.Module) -> str | None:
    if backbone.hub_id is None:
        return None
    for local in (True, False):  # what was fetched once needs no network
        if not local and not hub_reachable():
            return None
        try:
            path = huggingface_hub.hf_hub_download(backbone.hub_id, "model.safetensors", local_files_only=local)
        except (LocalEntryNotFoundError, HfHubHTTPError, OSError):
            continue
        state = {backbone.hub_prefix + key: value for key, value in load_file(path).items()}
        _copy(backbone, state, backbone.hub_id)
        return f"pretrained weights {backbone.hub_id}"
    return None


def _from_maker(backbone: nn.Module) -> str | None:
    """From the PyTorch file at the backbone's `weights_url`, or PyTorch's copy of it on this disk."""
    url = getattr(backbone, "weights_url", None)
    if url is None:
        return None
    cached = Path(torch.hub.get_dir(), "checkpoints", Path(urlparse(url).path).name)
    if not cached.is_file() and not (hub_reachable() and _answers(url)):  # where no hub answers there is no network
        return None
    try:
        # The hash is checked where the file's name holds one.
        state = torch.hub.load_state_dict_from_url(url, None, "cpu", progress=False, check_hash=True, weights_only=True)
    except (OSError, RuntimeError, pickle.UnpicklingError):  # no answer, a damaged file, or more than numbers in it
        return None
    state = state.get("model_state", state)  # pytorchvideo wraps it
    _copy(backbone, {backbone.hub_prefix + key: value for key, value in state.items()}, url)
    return f"pretrained weights {url}"


def _from_shipped(backbone: nn.Module, name: str) -> str | None:
    path = SHIPPED / f"{name}.safetensors"
    if not path.is_file():
        return None
    load_weights(backbone, path)
    return f"weights shipped with the course, {path.name}"


def _copy(module: nn.Module, state: Mapping[str, Tensor], source: str) -> None:
    """`load_state_dict`, all or nothing; entries that the module has not (a classifier, say) are passed over."""
    required = _required(module, state)
    own = {key: value for key, value in module.state_dict().items() if key in required}
    for key, value in own.items():
        if key not in state:
            raise InputError(f"{source}: no weights for {key!r}; expected those of a {type(module).__name__}")
        if state[key].shape != value.shape:
            shapes = f"{tuple(state[key].shape)}, expected {tuple(value.shape)}"
            raise InputError(f"{source}: {key!r} has the shape {shapes}")
    module.load_state_dict({key: state[key] for key in own}, strict=False)


def _required(module: nn.Module, state: Mapping[str, Tensor]) -> set[str]:
    """Names that the state must have: all of the module's, but for what a backbone adds to the one it takes them from.

    A state that has some of the new parts must have all of them.
    """
    new = module.new_parts() if hasattr(module, "new_parts") else set()
    return set(module.state_dict()) - (set() if new & state.keys() else new)
