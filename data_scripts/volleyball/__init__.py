"""Simulated volleyball: rules, players and ball of a rally, and the rallies of a match."""
