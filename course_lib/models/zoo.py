"""The zoo: parts and systems by name. `build("x3d_s+tcn")` is a backbone, a neck and a linear head.

A name is the backbone, then what stands between it and the linear head, joined by "+"; "fc" means nothing, and several
necks stand one behind the other ("x3d_s+tcn+sgp"). Systems that their authors gave a name keep it: "e2e_spot". Further
questions stand at the end: with "+xy" any of them also says where in the picture ("e2e_spot+xy"), with "+heat" it reads
the place off a heat map instead. New parts are one entry in `BACKBONES`, `NECKS` or `HEADS`.

A backbone takes float frames (B, T, 3, H, W), already normalised, and gives (B, T, D) for any T from 1 up. It has

- `dim`: D;
- `mean`, `std`: of the three input channels of the pictures that its weights were made with;
- `hub_id`: where the hub keeps pretrained weights, None if nowhere; `hub_prefix`: what its own parameter names have
  in front of the hub's;
- `maps(frames)`: what it sees before space is averaged away, a list of (B, C, T, h, w), from a quarter of the
  pictures' size down to the smallest, of which `pool` makes the vectors; `map_dims`: C of each. A backbone that has no
  map of every step has none of the three;
- where it takes the weights of another backbone: `weights_of`, that one's name, and `new_parts()`, the entries that
  those weights lack.

A neck lets the steps of a clip look at each other, (B, T, D) → (B, T, D') for any T from 1 up. It is a module with an
attribute `dim`, the D' that it gives; most give back the D that they take. A maker in `NECKS` takes D, and of a class
with a true `bound_to_length` also `clip_len`, the steps of the clips that it is made for. A head is told of in
`course_lib.models.head`. Introduced in notebook 02; places in notebook 09.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from torch import nn

from course_lib.files import InputError
from course_lib.models.backbones_2d import GSF, GSM, FrameBackbone, ShiftBackbone
from course_lib.models.backbones_3d import I3D, X3D, ClipVector, Tiny3D
from course_lib.models.head import Head, Sizes
from course_lib.models.heads.classes import BinaryHead, ClassHead
from course_lib.models.heads.contrast import ICHead, SoftICHead
from course_lib.models.heads.displacement import DisplacementHead
from course_lib.models.heads.places import HeatHead, PlaceHead
from course_lib.models.multi_scale_shift import MSAGSM
from course_lib.models.necks.encoder_decoder import Deconvolution, EncoderDecoder, TemporalUNet
from course_lib.models.necks.gru import Recurrent
from course_lib.models.necks.positions import LearnedPositions
from course_lib.models.necks.sgp import SGP, SlidesSGP
from course_lib.models.necks.tcn import DilatedTCN, MultiStageTCN, SlidesTCN
from course_lib.models.necks.tpn import TemporalPyramid
from course_lib.models.necks.transformer import TransformerNeck
from course_lib.models.published import PUBLISHED_SUFFIXES, load_published
from course_lib.models.refinement import ASTRM
from course_lib.models.spotter import Spotter
from course_lib.models.weights import load_backbone

__all__ = ["ALIASES", "BACKBONES", "HEADS", "NECKS", "Parts", "build", "check_system"]

BACKBONES: dict[str, Callable[[], nn.Module]] = {
    "regnety_002": partial(FrameBackbone, "regnety_002"),  # 200 million multiplications a picture
    "regnety_002_gsm": partial(ShiftBackbone, "regnety_002", GSM),  # in every block, as E2E-Spot
    "regnety_008": partial(FrameBackbone, "regnety_008"),  # 800 million
    "regnety_008_gsm": partial(ShiftBackbone, "regnety_008", GSM),  # as STES
    "regnety_002_gsf": partial(ShiftBackbone, "regnety_002", GSF, stages=(3, 4)),  # as T-DEED
    "regnety_002_msagsm": partial(ShiftBackbone, "regnety_002", MSAGSM),
    "regnety_002_astrm": partial(ShiftBackbone, "regnety_002", ASTRM),
    # Some of its three parts: local in space, local in time, global in time.
    **{
        f"regnety_002_astrm_{parts}": partial(ShiftBackbone, "regnety_002", partial(ASTRM, parts=parts))
        for parts in ("s", "t", "g", "st", "sg", "tg")
    },
    "efficientnet_b0": partial(FrameBackbone, "efficientnet_b0"),  # 400 million; the widest vectors, D = 1280
    "tiny3d": Tiny3D,
    "x3d_s": X3D,
    "x3d_s4": partial(X3D, blocks=4),
    "x3d_m": partial(X3D, "M"),  # the same network as S, other weights
    "x3d_l": partial(X3D, "L"),
    "i3d_r50": I3D,
    "r3d_18": ClipVector,  # one vector a clip, as the slides had it
}
"""Every backbone by the name that systems begin with."""


NECKS: dict[str, Callable[[int], nn.Module]] = {
    "tcn": SlidesTCN,
    "tcn_dilated": DilatedTCN,
    "mstcn": MultiStageTCN,
    "sgp": SGP,
    "sgp_ln": partial(SGP, residual_norm=True),  # as in the programs of TriDet and T-DEED
    "sgp_slides": SlidesSGP,
    "tpn": TemporalPyramid,
    "transformer": TransformerNeck,
    "transformer1": partial(TransformerNeck, layers=1, heads=4),  # as behind I3D in the slides
    "ed": EncoderDecoder,
    "ed_ln": partial(EncoderDecoder, residual_norm=True),  # as in T-DEED's program, and so on the slides
    "deconv": Deconvolution,
    "unet": TemporalUNet,
    "bigru": Recurrent,
    "bigru2": partial(Recurrent, layers=2),
    "bigru3": partial(Recurrent, layers=3),
    "bilstm": partial(Recurrent, cell=nn.LSTM),
    "positions": LearnedPositions,  # in front of another neck
}
"""Every neck by the name that stands behind the "+" in a system's name."""


HEADS: dict[str, type[Head]] = {
    "classes": ClassHead,  # every system has it, or another of its kind; its name is not said
    "bce": BinaryHead,
    "xy": PlaceHead,
    "heat": HeatHead,
    "displacement": DisplacementHead,
    "softic": SoftICHead,
    "ic": ICHead,
}
"""Every head by the name that stands behind the "+" in a system's name."""


ALIASES: dict[str, str] = {
    "e2e_spot": "regnety_002_gsm+bigru",
    # Volleyball: when and where. Three layers of GRU; the authors' script has had one as well ("+bigru"), and others.
    "stes": "regnety_008_gsm+bigru3+xy",
    "tdeed": "regnety_002_gsf+positions+ed_ln+displacement",
    "astrm": "regnety_002_astrm+bigru+bce+softic",
}
"""Systems with a name of their own, and what they consist of."""


class Parts(NamedTuple):
    """What a system consists of: a backbone, necks in their order (none for "fc"), and heads, that of the classes the
    first: "classes", or one that stands in its place."""

    backbone: str
    necks: tuple[str, ...]
    heads: tuple[str, ...]


def build(
    name: str,
    num_classes: int = 12,
    weights: str = "auto",
    dropout: float = 0.5,
    heads: Mapping[str, Callable[[Sizes], Head]] | None = None,
    clip_len: int = 50,
) -> Spotter:
    """Make a system.

    Args:
        name: such as "x3d_s+tcn", or one of `ALIASES`.
        num_classes: K, without background.
        weights: of the backbone: "auto", "none" or a file; see `course_lib.models.weights.load_backbone`. A .pt or .pth
            file is of all of it; see `course_lib.models.published`.
        dropout: before the linear head.
        heads: by name, makers of heads that the system is to have beside those of its name, or in place of them.
        clip_len: steps of the clips that it is to learn from, for parts that are made for a length; they take any.

    Raises:
        InputError: an unknown name, or weights that do not fit.
    """
    backbone_name, neck_names, head_names = check_system(name)
    backbone = BACKBONES[backbone_name]()
    published = Path(weights).suffix in PUBLISHED_SUFFIXES
    origin = "" if published else load_backbone(backbone, backbone_name, weights)
    dim = backbone.dim
    necks: list[nn.Module] = []
    for neck_name in neck_names:
        maker = NECKS[neck_name]
        kind = maker.func if isinstance(maker, partial) else maker
        for_length = {"clip_len": clip_len} if getattr(kind, "bound_to_length", False) else {}
        necks.append(maker(dim, **for_length))
        dim = necks[-1].dim
    neck = necks[0] if len(necks) == 1 else nn.Sequential(*necks)  # no neck: an empty Sequential, the identity
    sizes = Sizes(num_classes, backbone.dim, dim, getattr(backbone, "map_dims", ()), dropout)
    makers = {head_name: HEADS[head_name].of for head_name in head_names} | dict(heads or {})
    spotter = Spotter(backbone, neck, {head_name: make(sizes) for head_name, make in makers.items()}, origin)
    if published:
        spotter.origin = load_published(spotter, weights)
        print(f"{name}: {spotter.origin}", flush=True)
    return spotter


def check_system(name: str) -> Parts:
    """What a system's name stands for.

    Raises:
        InputError: one of its parts does not exist, two of its heads answer the same, or its backbone has no maps for
            a head that reads them.
    """
    first, *rest = name.split("+")
    backbone, *necks = [*ALIASES.get(first, first).split("+"), *rest]
    heads: list[str] = []
    while necks and necks[-1] in HEADS and necks[-1] != "classes":
        heads.insert(0, necks.pop())
    if necks == ["fc"]:
        necks = []
    elif not necks:
        necks = [""]  # a backbone alone is not a system
    further = [f"+{head}" for head in HEADS if head != "classes"]
    if backbone not in BACKBONES or any(neck not in NECKS for neck in necks):
        raise InputError(
            f"system {name!r}: expected BACKBONE+NECK with a backbone of {', '.join(BACKBONES)} and a neck of "
            f"{', '.join(['fc', *NECKS])}, such as regnety_002+fc, and any of {', '.join(further)} behind it"
        )
    of_classes = [head for head in heads if issubclass(HEADS[head], ClassHead)]
    others = [head for head in heads if head not in of_classes]
    said = [field for head in others for field in HEADS[head].fields or (head,)]
    if len(set(said)) < len(said) or len(of_classes) > 1:
        raise InputError(f"system {name!r}: two of its heads answer the same; expected one of them")
    kind = BACKBONES[backbone]
    for head in heads:
        if HEADS[head].reads == "maps" and not hasattr(kind.func if isinstance(kind, partial) else kind, "maps"):
            raise InputError(
                f"system {name!r}: {backbone} has no map of every step; expected another backbone for +{head}"
            )
    return Parts(backbone, tuple(necks), (*(of_classes or ["classes"]), *others))
