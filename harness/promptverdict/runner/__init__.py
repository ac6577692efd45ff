"""Runs trials: which there are, how they are made or replayed, and what they may cost."""
