CREATE TABLE payments (
    id INTEGER PRIMARY KEY,
    member INTEGER NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    paid TEXT NOT NULL,
    cents INTEGER NOT NULL CHECK (cents > 0)
);
CREATE INDEX payments_by_member ON payments (member);
CREATE TABLE lockers (
    number INTEGER PRIMARY KEY,
    member INTEGER REFERENCES members (id) ON DELETE SET NULL,
    size TEXT NOT NULL CHECK (size IN ('small', 'large'))
);
