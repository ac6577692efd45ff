import pytest

from lab import db, intervals


@pytest.fixture(autouse=True)
def database(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_DB", str(tmp_path / "lab.db"))
    monkeypatch.setattr(intervals, "RUNS", 200)
    db.init()
