CREATE TABLE bookings (
    id INTEGER PRIMARY KEY,
    user TEXT NOT NULL,
    hut TEXT NOT NULL,
    arrival TEXT NOT NULL,              -- YYYY-MM-DD
    cents INTEGER NOT NULL CHECK (cents >= 0),
    charge TEXT NOT NULL,               -- the provider's id of what was paid
    status TEXT NOT NULL DEFAULT 'booked' CHECK (status IN ('booked', 'cancelled'))
);
INSERT INTO bookings (id, user, hut, arrival, cents, charge) VALUES
    (1, 'ana', 'Upper Lake', '2999-07-03', 8400, 'ch_1001'),
    (2, 'ben', 'Upper Lake', '2999-07-03', 4200, 'ch_1002'),
    (3, 'ana', 'North Ridge', '2019-02-11', 5600, 'ch_1003');
