"""Recipes of the canteen."""

from recipes.scale import for_guests, scaled
from recipes.shopping import shopping_list

__all__ = ["for_guests", "scaled", "shopping_list"]
