"""Fares of the bus, in cents."""

SINGLE = 290
SHORT = 180
NIGHT_EXTRA = 100
NIGHT_HOURS = range(0, 5)


def fare(age, stops, hour):
    """What a ride costs: by age, by the number of stops, and by the hour it begins."""
    if age <= 6:
        return 0
    price = SHORT if stops <= 4 else SINGLE
    if age < 15:
        price //= 2
    if hour in NIGHT_HOURS:
        price += NIGHT_EXTRA
    return price


def group_fare(ages, stops, hour):
    """What a group pays that travels together; five or more pay a tenth less."""
    total = sum(fare(age, stops, hour) for age in ages)
    return total * 9 // 10 if len(ages) > 5 else total
