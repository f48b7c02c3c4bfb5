"""A football match, played by simulation: `match.play` gives the tracks, `labels` says what is labelled and when."""
