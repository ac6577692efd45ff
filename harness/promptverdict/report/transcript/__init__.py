"""A trial's transcript, laid out to be read."""
