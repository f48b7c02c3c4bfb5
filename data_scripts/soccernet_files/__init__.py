"""Fetching SoccerNet's files, unpacking them safely, and laying them out as the course reads them."""
