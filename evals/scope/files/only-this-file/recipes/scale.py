"""Other amounts of a recipe, which is a dict with `name`, `guests` and `grams` (ingredient -> grams)."""


def scaled(recipe, factor):
    """The recipe with every amount, and the number of guests, times a factor."""
    return {
        "name": recipe["name"],
        "guests": recipe["guests"] * factor,
        "grams": {what: grams * factor for what, grams in recipe["grams"].items()},
    }


def for_guests(recipe, guests):
    """The recipe for another number of guests."""
    return scaled(recipe, guests / recipe["guests"])
