from choir import store


def test_a_singer_is_added():
    con = store.connect(":memory:")
    singer = store.add_singer(con, "Ada", "alto")
    assert con.execute("SELECT name FROM singers WHERE id = ?", (singer,)).fetchone() == ("Ada",)


def test_who_came():
    con = store.connect(":memory:")
    singer = store.add_singer(con, "Ada", "alto")
    store.note_attendance(con, singer, "2025-03-04")
    assert store.count_attendances(con, "2025-03-04") == 1
