CREATE TABLE singers (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    voice TEXT NOT NULL
);

CREATE TABLE attendances (
    singer_id INTEGER NOT NULL REFERENCES singers (id) ON DELETE CASCADE,
    rehearsal TEXT NOT NULL
);

CREATE TABLE fees (
    singer_id INTEGER NOT NULL REFERENCES singers (id) ON DELETE CASCADE,
    term TEXT NOT NULL,
    cents INTEGER NOT NULL
);
