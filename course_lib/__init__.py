"""Precise action spotting in sports video: the library behind the notebooks."""

__version__ = "0.1.0"
