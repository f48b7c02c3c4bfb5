"""Camera, figures, stadium and files: everything between a played match and its video."""
