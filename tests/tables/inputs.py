"""Files that a person, a program or a stranger damaged: what the command says of each.

The rows stand in inputs.yaml. A row puts one damage in the place of one sound file of a small
project, and says the exit code and words of the answer. Whatever is wrong is told in at most three
lines that name the file, in time and without much memory, and nothing ends with a traceback.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from promptverdict.core.strict_yaml import parse
from promptverdict.recording.seal import seal_cassette
from promptverdict.trials.record_seal import open_record
from promptverdict.trials.store import MANIFEST

from tests.programs import import_everything
from tests.tables.bounded import MOST_CHARACTERS, MOST_LINES, Ended, run_bounded
from tests.tables.damage import DAMAGES, HEAVY, OF_A_FOLDER, Damage
from tests.tables.outcome import Outcome
from tests.tables.project import RUN, build_project

SECONDS, MEGABYTES = 5.0, 200.0
TABLE = Path(__file__).with_suffix(".yaml")


@dataclass(frozen=True)
class Row:
    """One damage at one place, and what is specified."""

    place: str
    name: str
    path: str
    """Of the sound file."""
    beside: str | None
    """Where others of its kind may lie, with `*` for their names or `#` for their numbers; None:
    there is only this."""
    names: str | None
    """What the answer names; None: the file."""
    run: tuple[str, ...]
    code: int
    words: tuple[str, ...]
    put: Damage

    @property
    def id(self) -> str:
        """Name in the sum and in tests."""
        return f"{self.place}: {self.name}"

    @property
    def is_shared(self) -> bool:
        """Whether it can be put beside others, and all be run at once."""
        return self.beside is not None and self.name not in OF_A_FOLDER

    @property
    def is_heavy(self) -> bool:
        """Whether it takes long."""
        return self.name in HEAVY


def read_rows() -> list[Row]:
    """Read the table."""
    data: Any = parse(TABLE.read_text(encoding="utf-8"), TABLE.name).data
    return [row for name, place in data["places"].items() for row in _read_place(name, place, data)]


def _read_place(name: str, place: dict[str, Any], data: dict[str, Any]) -> Iterator[Row]:
    rows: dict[str, Any] = {}
    for kind in place.get("kinds", ()):
        rows |= data["kinds"][kind]
    rows = {key: row for key, row in rows.items() if key not in place.get("without", ())}
    rows |= place.get("rows", {})
    accepted = place.get("accepted", ())
    for key, given in rows.items():
        row = given if isinstance(given, dict) else {"words": given}
        words = row.get("words", "")
        yield Row(
            place=name,
            name=key,
            path=place["path"],
            names=row.get("names"),
            beside=place.get("beside"),
            run=tuple(row.get("run", place["run"])),
            code=0 if key in accepted else int(row.get("code", place.get("code", "2"))),
            words=() if key in accepted else tuple(words if isinstance(words, list) else [words]),
            put=_choose_damage(key, row),
        )


def _choose_damage(key: str, row: dict[str, Any]) -> Damage:
    if "text" in row:
        return lambda path, _: _write(path, row["text"].encode())
    if "add" in row:
        return lambda path, sound: _write(path, sound + row["add"].encode())
    if "old" in row:
        put = _reseal if "reseal" in row else _replace
        return lambda path, sound: put(path, sound, row["old"], _expand(row["new"]))
    return DAMAGES[key]


def _expand(text: str) -> str:
    """Write out what no table should hold: `{{9*5000}}` is 5,000 times a 9."""
    head, begins, rest = text.partition("{{")
    if not begins:
        return text
    what, _, tail = rest.partition("}}")
    piece, _, times = what.rpartition("*")
    return f"{head}{piece * int(times)}{_expand(tail)}"


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(_expand(content.decode()).encode())


def _replace(path: Path, sound: bytes, old: str, new: str) -> None:
    if path.suffix == ".json":
        sound = open_record(sound)  # a record whose seal is broken says no more than that
    assert sound.count(old.encode()) >= 1, f"{path} has no {old}"
    path.write_bytes(sound.replace(old.encode(), new.encode(), 1))


def _reseal(path: Path, sound: bytes, old: str, new: str) -> None:
    """Replace a text in one of the two files of a recording, and seal both anew."""
    _replace(path, sound, old, new)
    http = path.with_name(path.name.replace(".world.", ".http."))
    world = path.with_name(path.name.replace(".http.", ".world."))
    text = http.read_text(encoding="utf-8").partition("\n")[2]
    http.write_text(
        seal_cassette(text, world.read_text(encoding="utf-8"))[1], encoding="utf-8", newline=""
    )


@contextlib.contextmanager
def clean_environment() -> Iterator[None]:
    """Leave out variables that settings are read from."""
    old = dict(os.environ)
    for name in [name for name in old if name.startswith("PROMPTVERDICT") or name == "CI"]:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(old)


@contextlib.contextmanager
def open_project() -> Iterator[Path]:
    """Build the project in a folder of its own, and work in it."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        yield build_project(Path(folder).resolve())


def check_alone(row: Row, root: Path) -> Outcome:
    """Damage one file, run the command, and mend the file."""
    path = _find_sound(row, root)
    sound = path.read_bytes()
    kept = {each: each.read_bytes() for each in _list_neighbours(path)}
    beside = set(path.parent.iterdir())
    path.unlink()
    try:
        row.put(path, sound)
        ended = run_bounded(row.run, SECONDS)
    finally:
        _open_folder(path.parent)
        for each in {path, *path.parent.iterdir()} - (beside - {path}):
            _remove(each)
        for each, content in kept.items():
            each.write_bytes(content)
        shutil.rmtree(root / "shards" / "merged", ignore_errors=True)
        for run in (root / "results").glob("2*"):
            if run.name != RUN:
                shutil.rmtree(run)  # what regrade began
    return Outcome(row.id, tuple(_list_mistakes(row, ended, path.name)), ended)


def check_together(rows: Sequence[Row], root: Path) -> list[Outcome]:
    """Put all damages of one place beside the sound file, and run the command once."""
    first, beside = rows[0], rows[0].beside
    assert beside
    sound = _find_sound(first, root).read_bytes()
    paths = {
        row: beside.replace("*", f"x{number}").replace("#", str(number))
        for number, row in enumerate(rows, start=1)
    }
    made = []
    try:
        for row, path in paths.items():
            top = next(p for p in reversed((root / path, *(root / path).parents)) if not p.exists())
            made.append(top)
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            row.put(root / path, sound)
            if "#" in beside:
                made.append(world := root / path.replace(".http.", ".world."))
                shutil.copy(root / first.path.replace(".http.", ".world."), world)
        ended = run_bounded(first.run, SECONDS)
    finally:
        for top in made:
            _remove(top)
    return [
        Outcome(f"{row.id} (together)", tuple(_list_mistakes(row, ended, path)), ended)
        for row, path in paths.items()
        if row.code
    ]


def _find_sound(row: Row, root: Path) -> Path:
    """Find a row's file; `{key}` in its path is the key of the first variant's trial."""
    planned = json.loads((root / "results" / RUN / MANIFEST).read_bytes())["planned"]
    return root / row.path.replace("{key}", planned["manners/hello::helper/base#0"])


def _list_neighbours(path: Path) -> list[Path]:
    """List what a row may change besides its own file: both texts of a recording."""
    number = path.name.partition(".")[0]
    others = [path.with_name(f"{number}.{kind}.yaml") for kind in ("http", "world", "probes")]
    return [path, *(each for each in others if "cassettes" in path.parts and each != path)]


def _open_folder(folder: Path) -> None:
    """Undo what a damage did to a whole folder."""
    if (aside := folder.with_name(f"{folder.name}.aside")).exists():
        folder.unlink()
        aside.rename(folder)
    folder.chmod(0o755)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _list_mistakes(row: Row, ended: Ended, path: str) -> Iterator[str]:
    yield from ended.list_mistakes(SECONDS, MEGABYTES)
    if ended.code != row.code:
        yield f"exit code {ended.code}, expected {row.code}: {(ended.err or ended.out)[:200]!r}"
        return
    path = row.names or path
    text = "".join(_list_problems(ended.err, path)) if row.code else ended.out + ended.err
    if row.code and not text:
        yield f"{path} is not named: {ended.err[:300]!r}"
        return
    yield from (f"not said: {word!r} in {text[:300]!r}" for word in row.words if word not in text)
    if row.code:
        lines = text.splitlines()
        if len(lines) > MOST_LINES:
            yield f"{len(lines)} lines: {text[:300]!r}"
        if longest := max(lines, key=len)[MOST_CHARACTERS:]:
            yield f"a line of {MOST_CHARACTERS + len(longest)} characters: {lines[0][:200]!r}"
        if "\n  " not in text:
            yield f"no cure: {text!r}"


def _list_problems(err: str, path: str) -> list[str]:
    """Return the first problem that names a file: its line, and the lines that are indented."""
    problems: list[str] = []
    for line in err.removeprefix("error: ").splitlines(keepends=True):
        if line.startswith("  ") and problems:
            problems[-1] += line
        else:
            problems.append(line)
    return [problem for problem in problems if path in problem][:1]


def run_inputs(*, whole: bool) -> list[Outcome]:
    """Run the table: alone what has no others beside it, together what has; whole: all alone."""
    rows = [row for row in read_rows() if (whole or not row.is_heavy) and not _is_skipped(row)]
    outcomes: list[Outcome] = []
    import_everything()  # or the first command takes the time for all
    with open_project() as root, clean_environment():
        shared = [row for row in rows if row.is_shared]
        for place in dict.fromkeys(row.place for row in shared):
            outcomes += check_together([row for row in shared if row.place == place], root)
        outcomes += [check_alone(row, root) for row in rows if whole or not row.is_shared]
    return outcomes


def list_skipped() -> list[str]:
    """List the rows that prove nothing here: whoever may read every file is told of none."""
    return [row.id for row in read_rows() if _is_skipped(row)]


def _is_skipped(row: Row) -> bool:
    return row.name in ("locked", "in a closed folder") and _may_read_everything()


@cache
def _may_read_everything() -> bool:
    """Return whether permissions keep nothing from this process: root's, with its capabilities."""
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).chmod(0)
        return os.access(file.name, os.R_OK)
