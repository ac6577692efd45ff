def add(con, name, email, joined):
    """Return the id of the new member."""
    cursor = con.execute(
        "INSERT INTO members (name, email, joined) VALUES (?, ?, ?)", (name, email, joined)
    )
    return cursor.lastrowid


def leave(con, member):
    """Mark a member as gone; what they paid stays on the books. Raises LookupError."""
    _set_status(con, member, "left")


def list_active(con):
    rows = con.execute("SELECT id, name FROM members WHERE status = 'active' ORDER BY name")
    return [dict(row) for row in rows]


def _set_status(con, member, status):
    if con.execute("UPDATE members SET status = ? WHERE id = ?", (status, member)).rowcount == 0:
        raise LookupError(f"there is no member {member}")
