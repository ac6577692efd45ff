"""How a reminder leaves the practice."""


def deliver(phone: str, text: str) -> None:
    """Print the message for the front desk."""
    print(f"{phone}: {text}")
