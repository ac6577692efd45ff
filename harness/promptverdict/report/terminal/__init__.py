"""What the terminal shows: a run's summary and its verdicts."""
