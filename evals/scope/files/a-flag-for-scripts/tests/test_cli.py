import pytest

from notes import store
from notes.cli import main


@pytest.fixture(autouse=True)
def notes(tmp_path, monkeypatch):
    monkeypatch.setenv("NOTES", str(tmp_path / "notes.jsonl"))
    store.add("Buy stamps", "2031-03-04", ["post"])
    store.add("Call Mia", "2031-03-05", ["phone", "family"])


def test_list(capsys):
    assert main(["list"]) == 0
    assert capsys.readouterr().out == "2031-03-04  Buy stamps\n2031-03-05  Call Mia\n"


def test_list_by_tag(capsys):
    main(["list", "--tag", "phone"])
    assert capsys.readouterr().out == "2031-03-05  Call Mia\n"


def test_tags(capsys):
    main(["tags"])
    assert capsys.readouterr().out == "family\nphone\npost\n"
