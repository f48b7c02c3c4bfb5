"""Necks: what lets the steps of a clip look at each other, (B, T, D) → (B, T, D') for any T from 1 up.

Each is a module with an attribute `dim`, the D' that it gives; most give back the D that they take. A maker in `NECKS`
takes D.
"""

from collections.abc import Callable
from functools import partial

from torch import nn

from course_lib.models.necks.deconv import Deconvolution
from course_lib.models.necks.encoder_decoder import EncoderDecoder
from course_lib.models.necks.gru import Recurrent
from course_lib.models.necks.sgp import SGP, SlidesSGP
from course_lib.models.necks.tcn import DilatedTCN, MultiStageTCN, SlidesTCN
from course_lib.models.necks.tpn import TemporalPyramid
from course_lib.models.necks.transformer import TransformerNeck
from course_lib.models.necks.unet import TemporalUNet

__all__ = ["NECKS"]

NECKS: dict[str, Callable[[int], nn.Module]] = {
    "tcn": SlidesTCN,
    "tcn_dilated": DilatedTCN,
    "mstcn": MultiStageTCN,
    "sgp": SGP,
    "sgp_slides": SlidesSGP,
    "tpn": TemporalPyramid,
    "transformer": TransformerNeck,
    "transformer1": partial(TransformerNeck, layers=1, heads=4),  # as behind I3D in the slides
    "ed": EncoderDecoder,
    "deconv": Deconvolution,
    "unet": TemporalUNet,
    "bigru": Recurrent,
    "bigru2": partial(Recurrent, layers=2),
    "bigru3": partial(Recurrent, layers=3),  # as in STES
    "bilstm": partial(Recurrent, cell=nn.LSTM),
}
"""Every neck by the name that stands behind the "+" in a system's name."""
