"""A judge that compares two trials."""
