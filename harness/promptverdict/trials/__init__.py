"""A trial as data: its transcript, trees, evidence, grades, and what is stored of it."""
