"""The packs are this repository's own suites; a copy names no agent and requires nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from promptverdict.core.errors import InputError
from promptverdict.scenarios.discovery import list_scenarios
from promptverdict.scenarios.loading import load_scenario, load_suite
from promptverdict.scenarios.packs import choose_packs, find_packs

from tests.fakes import write
from tests.repository.test_recordings import ROOT

SUITE = """\
# yaml-language-server: $schema=../suite.schema.json
title: {title}
pack: {pack}
description: >-
  It is about manners. The prompt kind asks for them, and helper is not so. All should be kind.
# Ours.
variants: [helper/base, helper/kind]
baseline: helper/base
behaviours:
  kind:
    says: It is kind  # as one is
    promised: {{helper/kind: Be kind}}
    weak: [helper/base]
  tidy: {{says: It is tidy, control: true}}
themes:
  manners: {{behaviours: [kind]}}
known_failing:
  - cell: hello::helper/kind
    reason: it is curt
"""
EDITED = """\
kind: near-miss
says: Other words.
edits:
  trial: helper/kind
  do: [{answer: Hello}]
"""


def put_suite(root: Path, folder: str, pack: str) -> Path:
    texts = {
        f"{folder}/suite.yaml": SUITE.format(title=f"Suite {folder}", pack=pack),
        f"{folder}/hello.yaml": "title: Hello\ntask: Say hello.\ntools: []\n",
        f"{folder}/files/hello/run.sh": "echo\n",
        f"{folder}/cassettes/hello/helper.kind/0.http.yaml": "recorded\n",
        f"{folder}/solutions/hello/good.yaml": "kind: good\nsays: It greets.\n",
        f"{folder}/solutions/hello/edited.yaml": EDITED,
        f"{folder}/solutions/hello/edited.evidence.yaml": "format: 1\n",
    }
    write(root, texts)
    (root / folder / "files/hello/run.sh").chmod(0o755)
    return root


def test_a_copy_lacks_recordings_edits_of_them_variants_and_promises_and_has_all_else(
    tmp_path: Path,
) -> None:
    (pack,) = find_packs(put_suite(tmp_path, "manners-suite", "manners")).values()
    assert (pack.name, pack.scenarios, pack.suite.title) == ("manners", 1, "Suite manners-suite")
    files = pack.read_files()
    assert set(files) == {
        "suite.yaml",
        "hello.yaml",
        "files/hello/run.sh",
        "solutions/hello/good.yaml",
    }
    assert files["files/hello/run.sh"].mode == 0o755
    write(tmp_path, {"copy/suite.yaml": files["suite.yaml"].content.decode()})
    copied = load_suite(tmp_path / "copy/suite.yaml").suite
    assert copied.pack is copied.baseline is None
    assert copied.variants == copied.known_failing == ()
    assert not any(behaviour.binds_any for behaviour in copied.behaviours.values())
    assert copied.themes == pack.suite.themes
    assert copied.description == "It is about manners. All should be kind."


def test_two_packs_of_one_name_are_refused(tmp_path: Path) -> None:
    put_suite(put_suite(tmp_path, "one", "manners"), "two", "manners")
    with pytest.raises(InputError, match="is the pack manners already"):
        find_packs(tmp_path)


def test_a_suite_without_the_key_is_no_pack(tmp_path: Path) -> None:
    write(tmp_path, {"mine/suite.yaml": "title: Mine\n"})
    assert find_packs(tmp_path) == {}


def test_packs_are_chosen_by_name_and_an_unknown_one_lists_them(tmp_path: Path) -> None:
    known = find_packs(put_suite(put_suite(tmp_path, "one", "kind"), "two", "tidy"))
    assert [pack.name for pack in choose_packs("tidy, kind,tidy", known)] == ["tidy", "kind"]
    with pytest.raises(InputError) as refused:
        choose_packs("kind,shy", known)
    assert str(refused.value) == (
        "--pack: there is no pack shy\n  name some of these:\n"
        "    kind: Suite one, 1 scenario\n    tidy: Suite two, 1 scenario"
    )
    with pytest.raises(InputError, match="there is no pack nothing"):
        choose_packs(" ,", known)


@pytest.mark.parametrize("name", find_packs(ROOT / "evals"))
def test_a_pack_of_this_repository_loads_where_it_is_copied_and_names_no_agent(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pack = find_packs(ROOT / "evals")[name]
    for path, node in pack.read_files().items():
        assert node.kind == "file", path
        target = tmp_path / "evals" / name / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(node.content)
    suite = load_suite(tmp_path / f"evals/{name}/suite.yaml")
    original = {path.stem for path in list_scenarios(pack.folder)}
    copied = [load_scenario(path, suite) for path in list_scenarios(suite.folder)]
    assert {scenario.id for scenario in copied} == original
    texts = {
        path.name: path.read_text(encoding="utf-8")
        for path in suite.folder.glob("*")
        if path.is_file()
    }
    agents = [path.name for path in (ROOT / "agents").iterdir()]
    named = {(agent, file) for file, text in texts.items() for agent in agents if agent in text}
    assert not named


def test_the_packs_of_this_repository_are_found_without_naming_a_place() -> None:
    assert {"tdd", "honesty", "json"} <= set(find_packs())
