CREATE TABLE goods (
    sku TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    space INTEGER NOT NULL,
    stock INTEGER NOT NULL DEFAULT 0 CHECK (stock BETWEEN 0 AND space)
);
CREATE TABLE movements (
    id INTEGER PRIMARY KEY,
    sku TEXT NOT NULL REFERENCES goods (sku),
    quantity INTEGER NOT NULL CHECK (quantity <> 0),
    note TEXT NOT NULL,
    at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
INSERT INTO goods (sku, name, space, stock) VALUES
    ('rice', 'Rice, 1 kg', 400, 120),
    ('oats', 'Oats, 500 g', 300, 80),
    ('milk', 'Milk, 1 l', 200, 190),
    ('beans', 'Beans, tin', 500, 0);
INSERT INTO movements (sku, quantity, note) VALUES
    ('rice', 120, 'opening'), ('oats', 80, 'opening'), ('milk', 190, 'opening');
