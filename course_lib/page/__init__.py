"""A page for people who do not code."""
