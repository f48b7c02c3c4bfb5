"""Pictures to answers: a backbone, a neck and heads make a `Spotter`; the `zoo` knows them by name."""

from course_lib import face

__all__, __getattr__, __dir__ = face(
    __name__,
    {
        "backbones_2d": ["GSF", "GSM", "ShiftBackbone", "shift_steps"],
        "depthwise": ["DepthwiseConv3d"],
        "losses": ["binary_cross_entropy", "class_weights", "count_weights", "weighted_cross_entropy"],
        "multi_scale_shift": ["MSAGSM"],
        "published": ["load_published"],
        "refinement": ["ASTRM"],
        "targets": ["dilated_targets", "gaussian_targets"],
        "weights": ["SHIPPED", "load_backbone"],
        "zoo": ["BACKBONES", "NECKS", "build"],
    },
)
