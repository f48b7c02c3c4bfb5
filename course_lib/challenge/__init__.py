"""A class that competes honestly: sealed matches, ranks as ranges, and scores that trying often cannot move."""

from course_lib import face

__all__, __getattr__, __dir__ = face(__name__, {"coin_flips": ["coin_flips"], "pretend": ["pretend_spots"]})
