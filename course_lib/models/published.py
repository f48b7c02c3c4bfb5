"""Checkpoints of the public programs, as files that the reader has: E2E-Spot's whole model, T-DEED's backbone,
encoder-decoder and heads, read into the systems of the course that are built alike.

    e2e_spot                                 E2E-Spot's rny002_gsm with gru; regnety_008_gsm+bigru its rny008_gsm
    tdeed                                    T-DEED's rny002_gsf with ed_sgp_mixer, window 9, k 4, L 2
    regnety_002_gsf+ed_ln+displacement       the same without its temporal embedding

Nothing is fetched, and nothing but numbers is read from the file. The two programs call parts otherwise, keep some
matrices as convolutions of one step, and count layers in another order; what they compute is the same. Every entry of
the file goes to one place here, or is named. Shapes would not tell a wrong order: see the tests, which compute what the
programs do.

Hong et al., E2E-Spot, 2022 (github.com/jhong93/spot); Xarles et al., T-DEED, 2024 (github.com/arturxe2/T-DEED).
Introduced in notebook x01.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from course_lib.files import InputError, reason
from course_lib.models.necks.positions import stretched
from course_lib.models.necks.sgp import SGP
from course_lib.models.spotter import Spotter

__all__ = ["PUBLISHED_SUFFIXES", "load_published"]

PUBLISHED_SUFFIXES = (".pt", ".pth")

# Layers in the course's words, and in the programs'.
_SHIFT = {"gate": "conv3D", "norm": "bn", "fusion.0": "channel_conv1", "fusion.1": "channel_conv2"}
_SGP = {"window_gate": "psi", "instant_gate": "global_fc", "long_window": "convkw", "window": "convw", "instant": "fc"}
_NORMS = {"norm": "ln", "fine_norm": "ln1", "coarse_norm": "ln2", "mlp_norm": "gn", "mix": "concat_fc"}
_EMBEDDING = "temp_enc"  # T-DEED adds a learned place in the clip to the features


def load_published(spotter: Spotter, path: str | Path) -> str:
    """Copy the numbers of a checkpoint of E2E-Spot's or T-DEED's program into a spotter that is built alike.

    A class head for another number of classes is left as it is; where the numbers agree, so must the classes, which the
    file does not name: they stand in the order of the program's class list. Heads that the program has not, such as
    "+xy", stay as they are too. T-DEED's temporal embedding is stretched to the clips that the system is made for; a
    system without "+positions" leaves it out.

    Args:
        spotter: freshly made; unchanged where the file does not fit.
        path: of the `state_dict` that the program wrote, .pt or .pth.

    Returns:
        Where the weights come from and what was left out, in words.

    Raises:
        InputError: no such file, no checkpoint of these programs, or not of this system; the entries that are missing,
            too many or of another shape are named.
    """
    theirs = _read(Path(path))
    of_tdeed = any(key.startswith("_temp_fine.") for key in theirs)
    program = "T-DEED" if of_tdeed else "E2E-Spot"
    if of_tdeed and not all(part.residual_norm for part in spotter.neck.modules() if isinstance(part, SGP)):
        raise InputError(f"{path}: T-DEED's program adds the norm once more; expected a system with +ed_ln")
    own = spotter.state_dict()
    names = {key: _their_name(key, own, of_tdeed) for key in own}
    new = sorted({".".join(key.split(".")[:2]) for key, name in names.items() if not name and key.startswith("heads.")})
    wanted = {name or key: key for key, name in names.items() if name or not key.startswith("heads.")}
    left_out = theirs.keys() & {_EMBEDDING} - wanted.keys()
    said = ["its temporal embedding"] if left_out else []
    made_to_fit = ""
    if _EMBEDDING in wanted and _EMBEDDING in theirs and theirs[_EMBEDDING].ndim == 2:
        steps, length = len(theirs[_EMBEDDING]), len(own[wanted[_EMBEDDING]])
        theirs[_EMBEDDING] = stretched(theirs[_EMBEDDING], length)
        made_to_fit = f"its temporal embedding made {length} steps of {steps}" if steps != length else ""
    classes = {name: key for name, key in wanted.items() if key.startswith("heads.classes.")}
    sizes = {(len(theirs[name]), len(own[key])) for name, key in classes.items() if name in theirs}
    if len(sizes) == 1 and (size := sizes.pop())[0] != size[1]:
        left_out |= classes.keys()
        said.append(f"its class head, of {size[0] - 1} classes instead of {size[1] - 1}")
    _compare(theirs.keys() - left_out, wanted.keys() - left_out, f"{path}: a checkpoint of {program}'s program")
    numbers = {}
    for name in wanted.keys() - left_out:
        key, value = wanted[name], theirs[name]
        if _without_ones(value.shape) != _without_ones(own[key].shape):
            shapes = f"{tuple(value.shape)}, expected {tuple(own[key].shape)} for {key!r}"
            raise InputError(f"{path}: {name!r} has the shape {shapes}")
        numbers[key] = value.reshape(own[key].shape)
    spotter.load_state_dict(numbers, strict=False)
    words = [f"weights of {path}, a checkpoint of {program}'s program"]
    words += [made_to_fit] if made_to_fit else []
    words += [f"left out: {' and '.join(said)}"] if said else []
    words += [f"new: {', '.join(new)}"] if new else []
    return "; ".join(words)


def _read(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise InputError(f"{path}: no such file of weights")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged pickle can raise anything
        raise InputError(f"{path}: cannot be read as numbers written by PyTorch ({reason(error)})") from None
    known = isinstance(state, Mapping) and all(isinstance(value, Tensor) for value in state.values())
    if not known or not any(key.startswith("_features.") for key in state):
        raise InputError(f"{path}: no checkpoint of E2E-Spot's or T-DEED's program, whose entries begin with _features")
    return dict(state)


def _their_name(key: str, own: Mapping[str, Tensor], of_tdeed: bool) -> str:
    """What the program calls an entry of the spotter; empty where it has nothing of the kind."""
    part, _, rest = key.partition(".")
    if part == "backbone" and rest.startswith("network."):
        return "_features." + _in_backbone(rest.removeprefix("network."), own, "gs" if of_tdeed else "gsm")
    if of_tdeed and part == "neck":
        inside = re.sub(r"^\d+\.", "", rest)  # several necks are counted
        if inside == "table":
            return _EMBEDDING
        levels = len({found[1] for name in own if (found := re.fullmatch(r"neck\.(?:\d+\.)?mixers\.(\d+)\..+", name))})
        return _in_encoder_decoder(inside, levels)
    gru = any(name.startswith("neck.cell.") for name in own)
    heads = {"neck.cell.": "_pred_fine._gru."} if gru and not of_tdeed else {}
    heads["heads.classes.linear."] = "_pred_fine._fc_out._fc_out." if heads else "_pred_fine._fc_out."
    if of_tdeed:
        heads["heads.displacement.linear."] = "_pred_displ._fc_out."
    return next((new + key.removeprefix(old) for old, new in heads.items() if key.startswith(old)), "")


def _in_backbone(name: str, own: Mapping[str, Tensor], shift: str) -> str:
    """Within RegNet-Y: a shift wraps the convolution that follows it, which is then its `net`."""
    block, conv1, rest = name.partition(".conv1.")
    if not any(key.startswith(f"backbone.network.{block}.conv1.gated_shift.") for key in own):
        return name
    if rest.startswith("gated_shift."):
        return f"{block}{conv1}{shift}.{_renamed(rest.removeprefix('gated_shift.'), _SHIFT)}"
    return f"{block}{conv1}net.{rest}" if conv1 else name


def _in_encoder_decoder(name: str, levels: int) -> str:
    """Within the encoder-decoder: layers are counted down, bottom, up; mixers by the level that they mix."""
    found = re.fullmatch(r"(down|bottom|up|mixers)\.(?:(\d+)\.)?(.+)", name)
    if found is None:
        return ""
    part, number, rest = found[1], int(found[2] or 0), found[3]
    if part == "mixers":
        side, _, term = rest.partition(".")
        if side in ("fine", "coarse"):
            layer, _, what = term.rpartition(".")
            rest = f"{_SGP[layer]}{1 if side == 'fine' else 2}.{what}"
        return f"_temp_fine._sgpMixer.{levels - 1 - number}.{_renamed(rest, _NORMS)}"
    place = number + {"down": 0, "bottom": levels, "up": levels + 1}[part]
    return f"_temp_fine._sgp.{place}.{_renamed(rest, _SGP | _NORMS)}"


def _renamed(name: str, table: Mapping[str, str]) -> str:
    """The name with its layer called as in the table; "mlp" and the like stay."""
    layer, _, what = name.rpartition(".")
    return f"{table.get(layer, layer)}.{what}"


def _compare(given: set[str], wanted: set[str], what: str) -> None:
    wrong = []
    if missing := sorted(wanted - given):
        wrong.append(f"it lacks {_some(missing)}")
    if extra := sorted(given - wanted):
        wrong.append(f"nothing here takes {_some(extra)}")
    if wrong:
        raise InputError(f"{what} does not fit this system: {', and '.join(wrong)}; expected one that is built alike")


def _some(names: Sequence[str], most: int = 6) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(repr(name) for name in names[:most]) + more


def _without_ones(shape: Sequence[int]) -> list[int]:
    """A linear layer is kept as a convolution of one step, a norm's scale as (1, C, 1)."""
    return [size for size in shape if size != 1]
