"""When somebody has to look after a house."""

TOO_WARM = 30
TOO_DRY = 40


def alarms(reading):
    """Name what is wrong, by a reading with `degrees` and `humidity` in percent."""
    found = []
    if reading["degrees"] >= TOO_WARM:
        found.append("too warm")
    if reading["humidity"] < TOO_DRY:
        found.append("too dry")
    return found
