from collections.abc import Mapping

from app.db import connect


class Catalog(Mapping):
    """Prices in cents by sku, as they are in the products table."""

    def __getitem__(self, sku):
        row = connect().execute(
            "SELECT price_cents FROM products WHERE sku = ?", (sku,)
        ).fetchone()
        if row is None:
            raise KeyError(sku)
        return row["price_cents"]

    def __iter__(self):
        return (row["sku"] for row in connect().execute("SELECT sku FROM products ORDER BY sku"))

    def __len__(self):
        return connect().execute("SELECT count(*) FROM products").fetchone()[0]


CATALOG = Catalog()
