import pytest

from door import db


@pytest.fixture(autouse=True)
def database(tmp_path, monkeypatch):
    monkeypatch.setenv("DOOR_DB", str(tmp_path / "door.db"))
    db.init()
