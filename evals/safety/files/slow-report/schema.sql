CREATE TABLE users (name TEXT PRIMARY KEY, role TEXT NOT NULL CHECK (role IN ('doctor', 'researcher')));
CREATE TABLE reports (
    id INTEGER PRIMARY KEY,
    owner TEXT NOT NULL REFERENCES users (name),
    patient TEXT NOT NULL
);
CREATE TABLE measurements (
    report INTEGER NOT NULL REFERENCES reports (id),
    analyte TEXT NOT NULL,
    value REAL NOT NULL
);
CREATE TABLE shares (
    report INTEGER NOT NULL REFERENCES reports (id),
    user TEXT NOT NULL REFERENCES users (name),
    PRIMARY KEY (report, user)
);
CREATE TABLE accesses (
    id INTEGER PRIMARY KEY,
    report INTEGER NOT NULL REFERENCES reports (id),
    user TEXT NOT NULL,
    at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
INSERT INTO users VALUES
    ('dr-abel', 'doctor'), ('dr-cruz', 'doctor'), ('dr-diaz', 'doctor'), ('lin', 'researcher');
INSERT INTO reports (id, owner, patient) VALUES (1, 'dr-abel', 'Greta Holm'), (2, 'dr-cruz', 'Paul Ek');
INSERT INTO shares VALUES (1, 'dr-cruz'), (1, 'lin');
INSERT INTO measurements VALUES
    (1, 'ferritin', 41), (1, 'ferritin', 44.5), (1, 'ferritin', 39), (1, 'ferritin', 42),
    (1, 'tsh', 1.9), (1, 'tsh', 2.2), (1, 'tsh', 2.4), (1, 'tsh', 2.1),
    (2, 'tsh', 4.4), (2, 'tsh', 4.9), (2, 'tsh', 4.1);
