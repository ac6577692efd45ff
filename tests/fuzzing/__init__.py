"""Fuzzing guided by coverage, by hand: what no list of hazards and no seed has thought of.

    pip install atheris
    python -m tests.fuzzing agent --seconds 300
    python -m tests.fuzzing recording --seconds 300

It ends with 0, or with 1 and the name of the file that holds the input at fault. Such an input
becomes a row of a regression test.
"""
