"""Weights of bee hives."""
