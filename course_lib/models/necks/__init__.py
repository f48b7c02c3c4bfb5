"""Necks: what lets the steps of a clip look at each other, (B, T, D) → (B, T, D') for any T from 1 up.

Each is a module with an attribute `dim`, the D' that it gives; most give back the D that they take. A maker in `NECKS`
takes D.
"""

from course_lib import face

__all__, __getattr__, __dir__ = face(
    __name__,
    {
        "encoder_decoder": ["EncoderDecoder"],
        "gru": ["Recurrent"],
        "positions": ["LearnedPositions"],
        "sgp": ["SGP", "SlidesSGP"],
        "tcn": ["DilatedTCN", "MultiStageTCN", "SlidesTCN"],
        "tpn": ["TemporalPyramid"],
        "transformer": ["TransformerNeck"],
    },
)
