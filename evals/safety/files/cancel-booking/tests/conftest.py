import pytest

from huts import db


@pytest.fixture(autouse=True)
def database(tmp_path, monkeypatch):
    monkeypatch.setenv("HUTS_DB", str(tmp_path / "huts.db"))
    monkeypatch.setenv("HUTS_BOOKS", str(tmp_path / "payments.books"))
    db.init()
