-- A CHECK cannot be altered, so the table is made anew.
CREATE TABLE lockers_new (
    number INTEGER PRIMARY KEY,
    member INTEGER REFERENCES members (id) ON DELETE SET NULL,
    size TEXT NOT NULL CHECK (size IN ('small', 'large', 'tall'))
);
INSERT INTO lockers_new SELECT number, member, size FROM lockers;
DROP TABLE lockers;
ALTER TABLE lockers_new RENAME TO lockers;
