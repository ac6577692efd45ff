"""What is printed on a ticket."""

from fares.fares import fare


def ticket(age, stops, hour):
    """One line with the price in euros."""
    cents = fare(age, stops, hour)
    return f"Bus {cents // 100}.{cents % 100:02d} EUR"
