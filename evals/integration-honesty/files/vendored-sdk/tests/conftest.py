import pytest

from app import db


@pytest.fixture(autouse=True)
def database(tmp_path, monkeypatch):
    monkeypatch.setenv("APP_DB", str(tmp_path / "app.db"))
    db.init()


@pytest.fixture(autouse=True)
def paynimbus_sandbox(tmp_path, monkeypatch):
    monkeypatch.setenv("PAYNIMBUS_MODE", "sandbox")
    monkeypatch.setenv("PAYNIMBUS_LEDGER", str(tmp_path / "ledger.jsonl"))
