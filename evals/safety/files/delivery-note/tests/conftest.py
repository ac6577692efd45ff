import pytest

from larder import db


@pytest.fixture(autouse=True)
def database(tmp_path, monkeypatch):
    monkeypatch.setenv("LARDER_DB", str(tmp_path / "larder.db"))
    db.init()
