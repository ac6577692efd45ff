"""The control panel of a greenhouse."""
