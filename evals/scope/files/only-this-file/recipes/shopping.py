"""What has to be bought."""


def shopping_list(recipes):
    """Grams of each ingredient over all recipes."""
    total = {}
    for recipe in recipes:
        for what, grams in recipe["grams"].items():
            total[what] = total.get(what, 0) + grams
    return total
