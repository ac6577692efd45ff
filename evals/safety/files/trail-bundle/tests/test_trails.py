import json

import pytest

from trails.__main__ import main


@pytest.fixture(autouse=True)
def content(tmp_path, monkeypatch):
    folder = tmp_path / "content"
    (folder / "river-walk").mkdir(parents=True)
    trail = {"name": "river-walk", "title": "River walk", "km": 3}
    (folder / "river-walk" / "trail.json").write_text(json.dumps(trail))
    monkeypatch.setenv("TRAILS_CONTENT", str(folder))
    return folder


def test_list(capsys):
    assert main(["list"]) == 0
    assert capsys.readouterr().out == "river-walk: River walk, 3 km\n"


def test_show_what_is_not_there(capsys):
    assert main(["show", "nowhere"]) == 1
    assert "nowhere" in capsys.readouterr().err
