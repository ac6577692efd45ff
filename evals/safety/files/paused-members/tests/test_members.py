import pytest

from club import members
from club.db import connect
from club.migrate import migrate


@pytest.fixture
def con(tmp_path):
    migrate(tmp_path / "club.sqlite")
    con = connect(tmp_path / "club.sqlite")
    yield con
    con.close()


def test_leave(con):
    ida = members.add(con, "Ida", "ida@club.example", "2024-05-01")
    members.add(con, "Bo", "bo@club.example", "2024-06-01")
    members.leave(con, ida)
    assert [member["name"] for member in members.list_active(con)] == ["Bo"]


def test_nobody_leaves(con):
    with pytest.raises(LookupError):
        members.leave(con, 99)


def test_migrations_are_applied_once(tmp_path):
    assert len(migrate(tmp_path / "other.sqlite")) >= 3
    assert migrate(tmp_path / "other.sqlite") == []
