INSERT INTO products (id, sku, name, price_cents) VALUES
    (1, 'MUG', 'Mug', 890),
    (2, 'TEAPOT', 'Tea pot', 3450),
    (3, 'SAUCER', 'Saucer', 420);
