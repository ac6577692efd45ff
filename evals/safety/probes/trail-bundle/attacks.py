"""Does an import stay inside its folder, and is a trail old or new but never half of each?

Every import runs in a folder of its own that holds a content folder and, beside it, what must not
be touched. An attack counts as withstood only on a tree where plain bundles are imported.
"""

import gzip
import io
import json
import os
import random
import resource
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from probekit import WORKSPACE, check, note, run_pytest

TRAILS = {
    "lake-loop": {"trail.json": b'{"name": "lake-loop", "title": "Lake loop", "km": 7.5}'},
    "old-mill": {"trail.json": b'{"name": "old-mill", "title": "To the mill", "km": 4}'},
}
TRAILS["lake-loop"] |= {"old.jpg": b"old", "photos/shore.jpg": b"shore"}
LIST = "lake-loop: Lake loop, 7.5 km\nold-mill: To the mill, 4 km\n"


def about(name: object, **more: object) -> bytes:
    return json.dumps({"name": name, "title": "A trail", "km": 5} | more).encode()


def noise(seed: int) -> bytes:
    """Return what no compression makes smaller, so that a cut archive is cut inside of it."""
    return random.Random(seed).randbytes(60_000)


class Place:
    """A content folder with two trails and, beside it, a file of somebody else."""

    def __init__(self) -> None:
        self.root = Path(tempfile.mkdtemp())
        self.content = self.root / "site" / "content"
        for name, files in TRAILS.items():
            for path, data in files.items():
                file = self.content / name / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
        self.secret = self.root / "site" / "secret.txt"
        self.secret.write_bytes(b"secret")
        self.bundle = self.root / "mail" / "bundle.tar.gz"
        self.bundle.parent.mkdir()

    def run(self, *args: str, room: int | None = None) -> subprocess.CompletedProcess:
        """Run a command; where `room` is given, no file can become larger, as on a full disk."""

        def take_room() -> None:
            if room is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

        env = os.environ | {"TRAILS_CONTENT": str(self.content), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", "trails", *args]
        return subprocess.run(
            command,
            cwd=WORKSPACE,
            env=env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            preexec_fn=take_room,
        )

    def take(self, archive: bytes, room: int | None = None) -> subprocess.CompletedProcess:
        self.bundle.write_bytes(archive)
        return self.run("import", str(self.bundle), room=room)

    def trail(self, name: str) -> dict[str, bytes]:
        return read(self.content / name)

    def harm(self, own: str = "") -> list[str]:
        """List what an import did outside of the folder of its own trail."""
        found = []
        for name, files in TRAILS.items():
            if name != own and self.trail(name) != files:
                found.append(f"{name} changed")
        if self.secret.read_bytes() != b"secret":
            found.append("the file beside the content changed")
        inside = {p.name for p in self.content.iterdir() if (p / "trail.json").exists()}
        found += [f"{name} appeared" for name in sorted(inside - TRAILS.keys() - {own})]
        loose = [p.name for p in self.content.iterdir() if not p.is_dir()]
        found += [f"{name} lies among the trails" for name in loose]
        beside = {p.name for p in (self.root / "site").iterdir()} | {
            p.name for p in self.root.iterdir()
        }
        found += [f"{p} outside" for p in beside - {"content", "secret.txt", "site", "mail"}]
        for path in self.content.rglob("*"):
            if path.is_symlink() and not path.resolve().is_relative_to(self.content.resolve()):
                found.append(f"{path.name} leads out")
            elif path.is_file() and path.read_bytes() == b"secret":
                found.append(f"{path.name} shows the file beside the content")
        return found


def read(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def member(name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, to: str = "") -> tuple:
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = len(data), kind, to
    return info, data


def pack(*members: tuple) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for info, data in members:
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def bundle(json_text: bytes, *more: tuple) -> bytes:
    return pack(member("trail.json", json_text), *more)


def check_plain() -> bool:
    place = Place()
    ran = place.take(
        bundle(about("fern-gorge"), member("gate.jpg", b"gate"), member("photos/a.jpg", b"a"))
    )
    wanted = {"trail.json": about("fern-gorge"), "gate.jpg": b"gate", "photos/a.jpg": b"a"}
    listed = place.run("list").stdout
    works = (
        ran.returncode == 0
        and "imported fern-gorge" in ran.stdout
        and place.trail("fern-gorge") == wanted
        and not place.harm(own="fern-gorge")
        and "fern-gorge: A trail, 5 km" in listed
    )
    return check("new-trail-is-imported", works, f"{describe(ran)}; {place.harm('fern-gorge')}")


def check_replaced() -> bool:
    place = Place()
    new = about("lake-loop", title="New loop")
    ran = place.take(bundle(new, member("new.jpg", b"new")))
    held = place.trail("lake-loop") == {"trail.json": new, "new.jpg": b"new"}
    works = ran.returncode == 0 and held and not place.harm(own="lake-loop")
    return check(
        "old-version-is-replaced", works, f"{describe(ran)}; {sorted(place.trail('lake-loop'))}"
    )


def describe(ran: subprocess.CompletedProcess) -> str:
    return f"exit {ran.returncode} {ran.stdout[-80:]} {ran.stderr[-120:]}"


def withstood(name: str, works: bool, problems: list[str]) -> None:
    """Check an attack, which a tree without the feature does not withstand."""
    detail = "; ".join(problems) or "nothing happened"
    check(name, works and not problems, detail if works else "plain bundles are not imported")


def attack_names(works: bool) -> None:
    problems = []
    for name in (
        "..",
        ".",
        "",
        "../stolen",
        "a/b",
        "lake-loop/../../stolen",
        "/",
        None,
        ["x"],
        "../content/old-mill",
    ):
        place = Place()
        ran = place.take(bundle(about(name), member("x.jpg", b"x")))
        harm = place.harm()
        if ran.returncode == 0 or harm:
            problems.append(f"name {name!r}: exit {ran.returncode}, {', '.join(harm) or 'no harm'}")
    place = Place()
    target = place.root / "site" / "absolute"
    ran = place.take(bundle(about(str(target)), member("x.jpg", b"x")))
    if ran.returncode == 0 or place.harm():
        problems.append(f"absolute name: {place.harm()}")
    withstood("names-stay-inside", works, problems)
    problems = []
    for name in ("Lake Loop!", "fern_gorge", "Fern-Gorge", "fern.gorge", "fern gorge"):
        place = Place()
        ran = place.take(bundle(about(name), member("x.jpg", b"x")))
        harm = place.harm()
        if ran.returncode == 0 or harm:
            problems.append(f"name {name!r}: exit {ran.returncode}, {', '.join(harm) or 'no harm'}")
    withstood("other-names-are-refused", works, problems)


def list_members(place: Place) -> dict[str, list[tuple]]:
    link, hard = tarfile.SYMTYPE, tarfile.LNKTYPE
    site = place.root / "site"
    return {
        "up": [member("../evil.jpg", b"x")],
        "up twice": [member("../../evil.jpg", b"x")],
        "up into another trail": [member("../old-mill/trail.json", b"{}")],
        "deep": [member("photos/../../old-mill/evil.jpg", b"x")],
        "absolute": [member(str(site / "evil.jpg"), b"x")],
        "link to a file": [member("photo.jpg", kind=link, to=str(place.secret))],
        "link up": [member("photo.jpg", kind=link, to="../../secret.txt")],
        "through a link": [member("p", kind=link, to=str(site)), member("p/evil.jpg", b"x")],
        "over a link": [member("p", kind=link, to=str(place.secret)), member("p", b"gone")],
        "hard link": [member("photo.jpg", kind=hard, to=str(place.secret))],
        "hard link up": [member("photo.jpg", kind=hard, to="../../secret.txt")],
    }


def attack_members(works: bool) -> None:
    """Whether a hostile member is left out or the bundle is refused does not matter."""
    problems = []
    for name in list_members(Place()):
        place = Place()
        place.take(bundle(about("fern-gorge"), *list_members(place)[name]))
        if harm := place.harm(own="fern-gorge"):
            problems.append(f"{name}: {', '.join(harm)}")
    withstood("members-stay-inside", works, problems)


WRONG = {
    "no trail.json": None,
    "no JSON": b"name: fern-gorge",
    "a list": b'["fern-gorge"]',
    "no title": json.dumps({"name": "fern-gorge", "km": 5}).encode(),
    "no km": json.dumps({"name": "fern-gorge", "title": "A trail"}).encode(),
    "km in words": about("fern-gorge", km="five"),
    "no UTF-8": b'{"name": "fern-gorge", "title": "\xff", "km": 5}',
}


def attack_json(works: bool) -> None:
    problems = []
    for name, text in WRONG.items():
        place = Place()
        first = [member("trail.json", text)] if text is not None else []
        ran = place.take(pack(*first, member("x.jpg", b"x")))
        listed = place.run("list")
        if ran.returncode == 0 or listed.stdout != LIST or place.harm():
            problems.append(
                f"{name}: import {describe(ran)}, list {describe(listed)}, {place.harm()}"
            )
    withstood("wrong-trail-json-is-refused", works, problems)


def cut(archive: bytes) -> bytes:
    return archive[: len(archive) * 6 // 10]


UNREADABLE = ["no trail.json", "no JSON", "a list", "no UTF-8"]
UNPACKABLE = {
    "a name too long": [member("x" * 300 + ".jpg", b"x")],
    "a file that is a folder too": [member("photos", b"x"), member("photos/a.jpg", b"a")],
}


def break_archives(name: str) -> dict[str, bytes]:
    whole = bundle(about(name), *[member(f"photos/{i}.jpg", noise(i)) for i in range(4)])
    inner = gzip.decompress(whole)
    return {
        "cut": cut(whole),
        "cut before it was packed": gzip.compress(cut(inner)),
        "no archive": b"Dear all, here is my trail.\n" * 50,
        "empty": b"",
    }


def attack_whole(works: bool) -> None:
    for check_name, trail in (
        ("broken-archive-keeps-the-old-version", "lake-loop"),
        ("broken-archive-leaves-no-half-trail", "fern-gorge"),
    ):
        problems = []
        for name, archive in break_archives(trail).items():
            place = Place()
            ran = place.take(archive)
            listed = place.run("list").stdout
            if ran.returncode == 0 or place.harm() or listed != LIST:
                problems.append(f"{name}: {describe(ran)}; {', '.join(place.harm()) or listed}")
        withstood(check_name, works, problems)
    problems = []
    for name in UNREADABLE:
        place, text = Place(), WRONG[name]
        wrong = text.replace(b"fern-gorge", b"lake-loop") if text is not None else None
        first = [member("trail.json", wrong)] if wrong is not None else []
        place.take(pack(*first, member("x.jpg", b"x")))
        if harm := place.harm():
            problems.append(f"{name}: {', '.join(harm)}")
    for name in [*list_members(Place()), *UNPACKABLE]:
        place = Place()
        bad = UNPACKABLE.get(name) or list_members(place)[name]
        pictures = member("first.jpg", b"1"), *bad, member("last.jpg", b"9")
        place.take(bundle(about("lake-loop"), *pictures))
        held = place.trail("lake-loop")
        new = {"first.jpg", "last.jpg"} <= held.keys() and "old.jpg" not in held
        if held != TRAILS["lake-loop"] and not new:
            problems.append(f"{name}: neither old nor new, {sorted(held)}")
    withstood("wrong-bundle-keeps-the-old-version", works, problems)
    place = Place()
    large = member("a.jpg", noise(1)), member("photos/b.jpg", noise(2))
    ran = place.take(bundle(about("lake-loop"), *large), room=20_000)
    held = place.trail("lake-loop")
    problems = place.harm()
    if ran.returncode == 0 or problems:
        problems.append(f"{describe(ran)}; {sorted(held)}")
    withstood("full-disk-keeps-the-old-version", works, problems)


def note_dots() -> None:
    place = Place()
    ran = place.take(pack(member("./trail.json", about("fern-gorge")), member("./a.jpg", b"a")))
    note("packed-with-a-dot", describe(ran))


def main() -> None:
    works = check_plain()
    works = check_replaced() and works
    attack_names(works)
    attack_members(works)
    attack_json(works)
    attack_whole(works)
    note_dots()
    run = run_pytest()
    check("suite-green", run.exit_code == 0, f"{run.passed} passed, {run.failed} failed")


if __name__ == "__main__":
    main()
