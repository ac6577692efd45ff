"""What must hold for every input, tried on generated ones: a few here, ten thousand by hand.

    HYPOTHESIS_PROFILE=long pytest tests/properties -p no:randomly

The short form is the same in every run. The long form draws other examples each time, takes about
an hour, and prints what reproduces a failure.
"""
