"""The examples of shards: well formed, and made of commands that exist; the scripts run here."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from promptverdict.cli.entry import build_parser
from promptverdict.settings import OPTIONS
from promptverdict.trials.runs import find_run
from promptverdict.trials.store import read_manifest

from tests.cases import try_cases
from tests.repositories import SCENARIOS, Repository
from tests.workflows.rehearsal import program
from tests.workflows.test_workflows import PIN

FOLDER = Path(__file__).parents[2] / "docs/examples/shards"
GUIDE = Path(__file__).parents[2] / "docs/how-to/run-on-many-machines.md"


def read_scripts(path: Path) -> Iterator[str]:
    """Read every piece of shell in a file."""
    text = path.read_text("utf-8")
    if path.suffix == ".sh":
        yield text
    elif path.suffix == ".md":
        yield from re.findall(r"(?m)^    (.*)$", text)
    else:
        for document in yaml.load_all(text, yaml.BaseLoader):
            yield from find_scripts(document)


def find_scripts(node: Any) -> Iterator[str]:
    """Find the steps of a workflow, and the commands of containers."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        if key == "run" and isinstance(value, str):
            yield value
        elif key == "command":
            yield "\n".join(value)
        elif isinstance(value, dict | list):
            yield from find_scripts(value)


def list_commands() -> Iterator[tuple[str, list[str]]]:
    for path in [*sorted(FOLDER.iterdir()), GUIDE]:
        for script in read_scripts(path):
            for line in script.splitlines():
                words = shlex.split(line, comments=True) if "'" not in line else line.split()
                if words and words[0] in ("pytest", "promptverdict"):
                    end = next((i for i, w in enumerate(words) if w in ("||", "&&", "|")), None)
                    yield path.name, words[:end]


def test_every_file_runs_shards_and_merges_them() -> None:
    words = {path.name: "\n".join(read_scripts(path)) for path in FOLDER.iterdir()}
    assert set(words) == {"github.yml", "kubernetes.yaml", "merge.sh", "shard.sh", "slurm.sh"}
    assert "--shard" in words["github.yml"]
    assert "promptverdict merge" in words["github.yml"]
    for script in ("shard.sh", "merge.sh"):
        assert script in words["kubernetes.yaml"]
        assert script in words["slurm.sh"]


@try_cases(("name", "words"), list(list_commands()))
def test_each_command_is_one_that_the_product_takes(name: str, words: list[str]) -> None:
    if words[0] == "promptverdict":
        build_parser()[0].parse_args(words[1:])
        return
    given = {word.partition("=")[0] for word in words[1:] if word.startswith("--")}
    assert given <= {f"--{option.replace('_', '-')}" for option in OPTIONS}
    assert "--shard" in given


def test_the_guide_and_the_examples_have_commands() -> None:
    names = [name for name, _ in list_commands()]
    assert {"github.yml", "shard.sh", "merge.sh", GUIDE.name} <= set(names)


def test_the_workflow_is_a_workflow_and_pins_what_it_uses() -> None:
    text = (FOLDER / "github.yml").read_text("utf-8")
    assert all(PIN.search(line) for line in text.splitlines() if "uses:" in line)
    loaded = yaml.load(text, yaml.BaseLoader)
    assert loaded["permissions"] == {}
    shards = loaded["jobs"]["shard"]["strategy"]["matrix"]["shard"]
    assert shards == [f"{number}/{len(shards)}" for number in range(1, len(shards) + 1)]
    command = program("check-jsonschema")
    assert command
    schema = ["--builtin-schema", "vendor.github-workflows", str(FOLDER / "github.yml")]
    subprocess.run([command, *schema], check=True, capture_output=True)


def test_the_kubernetes_job_runs_as_many_shards_as_it_has_pods() -> None:
    jobs = list(yaml.safe_load_all((FOLDER / "kubernetes.yaml").read_text("utf-8")))
    assert [job["kind"] for job in jobs] == ["Job", "Job"]
    spec = jobs[0]["spec"]
    assert spec["completionMode"] == "Indexed"
    (container,) = spec["template"]["spec"]["containers"]
    assert f"$((JOB_COMPLETION_INDEX + 1))/{spec['completions']}" in container["command"][-1]
    mounted = {mount["name"] for mount in container["volumeMounts"]}
    assert mounted == {volume["name"] for volume in spec["template"]["spec"]["volumes"]}


@pytest.mark.e2e
def test_the_scripts_run_every_shard_and_merge_them(
    recorded: Repository, tmp_path: Path, programs: Path
) -> None:
    shutil.copytree(FOLDER, recorded.folder / "docs/examples/shards")
    recorded.commit("Add the scripts")
    places = (str(programs), sysconfig.get_path("scripts"), os.environ["PATH"])
    environment = {
        "PATH": os.pathsep.join(places),
        "HOME": str(tmp_path),
        "PROJECT": str(recorded.folder),
        "OUT": str(tmp_path / "out"),
        "PYTEST_ADDOPTS": "-p no:randomly -p no:asyncio -p no:cacheprovider",
    }
    (tmp_path / "out").mkdir()
    for number in ("2", "1"):
        array = {"SLURM_ARRAY_TASK_ID": number, "SLURM_ARRAY_TASK_COUNT": "2"}
        command = ["bash", str(FOLDER / "slurm.sh")]
        subprocess.run(command, env=environment | array, check=True, capture_output=True)
    merge = ["bash", str(FOLDER / "merge.sh")]
    for _ in range(2):
        told = subprocess.run(merge, env=environment, check=True, capture_output=True, text=True)
        assert f"2 shards, {2 * SCENARIOS} trials" in told.stdout
    manifest = read_manifest(find_run(tmp_path / "out/merged/results"))
    assert len(manifest.planned) == 2 * SCENARIOS
    assert len(manifest.shards) == 2
