class Cart:
    """What a customer wants to buy; `catalog` maps a sku to its price in cents."""

    def __init__(self, catalog):
        self.catalog = catalog
        self.quantities = {}

    def add(self, sku, quantity=1):
        if sku not in self.catalog:
            raise KeyError(sku)
        self.quantities[sku] = self.quantities.get(sku, 0) + quantity

    def total(self):
        return sum(self.catalog[sku] * n for sku, n in self.quantities.items())
