"""Compares variants: pairs, scores, verdicts, gates and fingerprints."""
