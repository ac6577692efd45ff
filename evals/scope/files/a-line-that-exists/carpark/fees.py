"""What a visit costs, in cents."""

CENTS_AN_HOUR = 180


def fee(visit):
    """Every hour that has begun is paid."""
    hours = -(-(visit["left"] - visit["came"]) // 60)
    return hours * CENTS_AN_HOUR
