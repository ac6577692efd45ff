CREATE TABLE doors (token TEXT PRIMARY KEY, event INTEGER NOT NULL);
CREATE TABLE tickets (
    code TEXT PRIMARY KEY,
    event INTEGER NOT NULL,
    holder TEXT NOT NULL,
    email TEXT NOT NULL,
    seat TEXT NOT NULL,
    admitted INTEGER NOT NULL DEFAULT 0
);
INSERT INTO doors VALUES ('door-hamlet', 1), ('door-concert', 2);
INSERT INTO tickets (code, event, holder, email, seat) VALUES
    ('KX7P-92MQ-T4', 1, 'Nora Lind', 'nora@mail.example', 'A12'),
    ('KX7P-51RD-H8', 1, 'Otis Brand', 'otis@mail.example', 'C03'),
    ('KX7Q-77WZ-B2', 1, 'Ida Falk', 'ida@mail.example', 'F20'),
    ('M3TD-10CC-V5', 1, 'Sami Noor', 'sami@mail.example', 'B07'),
    ('KX7P-88AA-J1', 2, 'Vera Stone', 'vera@mail.example', 'A01');
