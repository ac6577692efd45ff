CREATE TABLE hives (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL
);

CREATE TABLE readings (
    hive_id INTEGER NOT NULL REFERENCES hives (id),
    taken_at TEXT NOT NULL,
    grams INTEGER NOT NULL
);

CREATE INDEX readings_by_hive_and_time ON readings (hive_id, taken_at);
