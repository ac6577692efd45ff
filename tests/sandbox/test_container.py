from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from promptverdict.core.errors import SandboxError
from promptverdict.sandbox import Mount, Sandbox, TrialFolders, describe_sandbox, open_sandbox
from promptverdict.sandbox.container import Container
from promptverdict.sandbox.container_diagnosis import build_engine_error
from promptverdict.sandbox.container_engine import FOLDERS_LABEL, HOST_LABEL, Engine
from promptverdict.sandbox.container_options import build_command, build_container_options
from promptverdict.sandbox.limits import DEFAULT_LIMITS
from promptverdict.sandbox.workspace import Workspace
from promptverdict.trials.tree import TestReport, digest

from tests.sandbox.attacks import naive, table
from tests.sandbox.engines import IMAGE, answers, build_image, copy_packages, write_fake_docker

from .shells import NEEDS_BUBBLEWRAP, Shell, shell

pytestmark = NEEDS_BUBBLEWRAP


@pytest.fixture(scope="module", params=["fake", "podman", "docker"])
def container(request: pytest.FixtureRequest) -> Iterator[Container]:
    """A container of each engine that this machine has, and of one made of bubblewrap."""
    with pytest.MonkeyPatch.context() as patch:
        scratch = Path("/var/tmp", f"promptverdict-test-{os.getpid()}")
        scratch.mkdir(mode=0o755)
        try:
            kind, image = request.param, IMAGE
            if kind == "fake":
                kind, image = "docker", "fake"
                write_fake_docker(scratch)
                patch.setenv("PATH", f"{scratch}:{os.environ['PATH']}")
                module = "promptverdict.sandbox.container_python"
                patch.setattr(f"{module}.find_cache_folder", lambda: scratch)
                patch.setattr(f"{module}.download_packages", copy_packages)
            elif kind not in os.environ.get("TEST_ENGINES", "").split():
                pytest.skip(f"to try it: TEST_ENGINES={kind}")
            elif not answers(kind):
                pytest.fail(f"{kind} does not run here")
            else:
                build_image(kind, scratch)
            opened = open_sandbox(kind, image)
            assert isinstance(opened, Container)
            yield opened
        finally:
            shutil.rmtree(scratch)


@pytest.fixture
def box(container: Container, folders: TrialFolders) -> Shell:
    return shell(container, folders)


def list_containers(container: Container) -> list[str]:
    return container._engine.call("ps", "--all", "--quiet").split()


@pytest.mark.e2e
def test_a_command_gives_its_output_in_order_and_its_exit_code(
    box: Shell, container: Container
) -> None:
    done = box("echo out; echo err >&2; echo $HOME; pwd; exit 7")
    assert (done.exit_code, done.output) == (7, "out\nerr\n/home/agent\n/workspace\n")
    assert box("kill -9 $$").exit_code == 137
    assert box("pwd", cwd="/workspace/gone").exit_code == 125
    assert box("cat; read x; echo end", timeout=20).output == "end\n"
    assert list_containers(container) == []


@pytest.mark.e2e
def test_a_trial_keeps_its_folders_between_commands(box: Shell, folders: TrialFolders) -> None:
    box("echo 1 > /workspace/a; echo 2 > /tmp/b; echo 3 > ~/c")
    assert box("cat a /tmp/b ~/c").output == "1\n2\n3\n"
    kit = folders.root / "kit"
    kit.mkdir(mode=0o755)
    Workspace(kit, folders.owner).write("kit.py", b"value = 5")
    done = box(
        "python3 -c 'import kit; print(kit.value)'; touch /opt/kit/x",
        mounts=[Mount(kit, "/opt/kit")],
        environment={"PYTHONPATH": "/opt/kit"},
    )
    assert done.output.startswith("5\n")
    assert "Read-only" in done.output


@pytest.mark.e2e
def test_a_command_that_is_stopped_leaves_no_container(box: Shell, container: Container) -> None:
    assert box("trap '' TERM; sleep 60 & sleep 60", timeout=1).stopped == "timeout"
    flood = box("yes")
    assert (flood.stopped, flood.truncated) == ("output-flood", True)
    assert list_containers(container) == []


@pytest.mark.e2e
def test_test_runs_are_reported_and_proven(
    box: Shell, folders: TrialFolders, container: Container
) -> None:
    workspace = Workspace(folders.workspace, folders.owner)
    workspace.write("test_a.py", b"def test_a(): assert 1 == 2\n")
    tree = digest(workspace.snapshot().tree)
    done = box("command -v python3 pytest; pytest -q -p no:cacheprovider; python3 --version")
    assert done.output.startswith("/opt/py/bin/python3\n/opt/py/bin/pytest\n")
    assert done.output.endswith(f"Python {container.python}\n")
    (sent,) = done.reports
    assert sent.unproven is None
    report = TestReport.model_validate_json(sent.content)
    assert (report.tree, [node.outcome for node in report.nodes]) == (tree, ["failed"])


@pytest.mark.e2e
def test_attacks_that_bubblewrap_holds_against_are_held(
    container: Container, request: pytest.FixtureRequest
) -> None:
    if "fake" in request.node.name:
        pytest.skip("its engine is made of bubblewrap")
    assert [row for row in table.try_inside(container) if not row.held] == []


@pytest.mark.e2e
def test_what_killed_runs_left_is_removed_at_the_next_start(
    container: Container, request: pytest.FixtureRequest
) -> None:
    engine = container._engine
    if "fake" in request.node.name:
        pytest.skip("its containers end with their engine")
    import socket

    with naive.open_folders() as owned:
        for name, folder in (("left", "/tmp/promptverdict-trial-gone"), ("owned", owned.root)):
            labels = [f"{HOST_LABEL}={socket.gethostname()}", f"{FOLDERS_LABEL}={folder}"]
            options = [part for label in labels for part in ("--label", label)]
            limits = ["--ulimit", "nofile=512:512", "--ulimit", "nproc=4096:4096"]
            engine.call(
                "create", "--name", f"promptverdict-{name}", *options, *limits, IMAGE, "true"
            )
        engine.sweep()
        assert engine.read_state("promptverdict-left") is None
        assert engine.read_state("promptverdict-owned") is not None
    engine.sweep()
    assert engine.read_state("promptverdict-owned") is None


@pytest.mark.e2e
def test_a_container_that_does_not_start_is_an_error_of_the_harness(
    container: Container, folders: TrialFolders
) -> None:
    gone = Container(container._engine, "sha256:" + "1" * 64, container._guest)
    with pytest.raises(SandboxError) as caught:
        gone.run(["true"], folders, timeout=10)
    assert len(str(caught.value).splitlines()) == 3
    with pytest.raises(SandboxError):
        container.run(["true"], folders, timeout=10, mounts=[Mount(Path("/nowhere"), "/probes")])
    assert list_containers(container) == []


@pytest.mark.e2e
def test_an_image_that_is_not_here_is_named_with_the_command_that_fetches_it(
    container: Container,
) -> None:
    with pytest.raises(SandboxError, match=r"pull docker\.io/library/no-such-image:1"):
        open_sandbox(container._engine.kind, "docker.io/library/no-such-image:1")


@pytest.mark.e2e
def test_the_record_names_the_image_by_its_digest(container: Container, sandbox: Sandbox) -> None:
    described = describe_sandbox(container)
    assert described["image"].startswith("sha256:")
    assert len(described["image"]) == 71
    assert described["sandbox"] == container._engine.kind
    assert list(describe_sandbox(sandbox)) == ["sandbox", "python", "pytest"]


@pytest.mark.parametrize("kind", ["docker", "podman"])
def test_a_container_is_started_with_every_wall(kind: str, folders: TrialFolders) -> None:
    options = build_container_options(kind, folders, DEFAULT_LIMITS, [])  # type: ignore[arg-type]
    line = " ".join(options)
    for wall in (
        *("--network none", "--read-only ", "--cap-drop ALL", "--security-opt no-new-privileges"),
        *("--pids-limit 132", "--memory 805306368 --memory-swap 805306368", "--cpus "),
        *("--shm-size 33554432", "--pull never", "--log-driver none", "--ulimit core=0:0"),
    ):
        assert wall in line
    user = options[options.index("--user") + 1]
    assert not user.startswith("0:")
    command = build_command(["true"], {"A": "b"}, ends_after=80)
    assert command[0] == "-i"
    assert command[-5:-1] == ["timeout", "--foreground", "--signal=KILL", "80.000"]
    assert "A=b" in command


SAID = [
    ("docker", "docker is not installed", "Install it"),
    (
        "docker",
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon"
        " running?",
        "open Docker Desktop",
    ),
    (
        "docker",
        "permission denied while trying to connect to the Docker daemon socket at"
        " unix:///var/run/docker.sock",
        "usermod -aG docker",
    ),
    (
        "podman",
        "Cannot connect to Podman. Please verify your connection to the Linux system using `podman"
        " system connection list`, or try `podman machine init`",
        "podman machine start",
    ),
    ("podman", "it does not answer within 60 seconds", "Restart it"),
    (
        "docker",
        "docker: Error response from daemon: invalid mount config for type bind: bind source path"
        " does not exist: /tmp/x",
        "File sharing",
    ),
    ("docker", "the trial run failed: /workspace cannot be written", "rootless docker"),
    ("docker", "the trial run failed: git is not installed", "sandbox_image"),
    (
        "docker",
        "exec: bash: executable file not found in $PATH",
        "sandbox_image",
    ),
    ("podman", "Error: crun: opening file `memory.max` for writing: cgroup", "cgroups"),
    ("podman", "something else", "docs/sandbox.md"),
]


@pytest.mark.parametrize(("kind", "words", "cure"), SAID)
def test_what_an_engine_says_is_reported_with_a_cure(kind: str, words: str, cure: str) -> None:
    lines = str(build_engine_error(kind, f"WARN: swap\n{words}\n")).splitlines()
    assert len(lines) == 3
    assert kind in lines[0]
    assert cure in lines[1]


@pytest.mark.parametrize("kind", ["docker", "podman"])
def test_an_engine_that_does_not_answer_is_an_error_of_the_harness(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SandboxError, match=f"{kind} is not installed"):
        open_sandbox(kind)  # type: ignore[arg-type]
    program = tmp_path / kind
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    with pytest.raises(SandboxError, match=r"does not answer within 0\.2 seconds"):
        Engine(kind, str(program)).call("version", patience=0.2)  # type: ignore[arg-type]
