"""A class that competes honestly: sealed matches, ranks as ranges, and scores that trying often cannot move."""

from course_lib import face

__all__, __getattr__, __dir__ = face(__name__, {"coin_throws": ["coin_flips"], "pretend": ["pretend_spots"]})
