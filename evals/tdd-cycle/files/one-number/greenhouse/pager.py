"""Messages for whoever is on duty."""

from greenhouse.alarms import alarms


def messages(readings):
    """One message for each house with an alarm; readings: name of the house -> its reading."""
    return [
        f"{house}: {', '.join(alarms(reading))}"
        for house, reading in sorted(readings.items())
        if alarms(reading)
    ]
