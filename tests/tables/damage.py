"""What can be wrong with any file: each damage is put in the place of a sound file."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

Damage = Callable[[Path, bytes], None]
"""Puts something at a path where nothing lies; the bytes are those of the sound file."""

LAUGHS = b"a: &a [x, x, x, x, x, x, x, x, x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (name, name, b", ".join([b"*%c" % (name - 1)] * 9))
    for name in range(ord("b"), ord("k"))
)


def _text(make: Callable[[bytes], bytes]) -> Damage:
    def put(path: Path, sound: bytes) -> None:
        path.write_bytes(make(sound))

    return put


def _lock(path: Path, sound: bytes) -> None:
    path.write_bytes(sound)
    path.chmod(0)


def _close_folder(path: Path, sound: bytes) -> None:
    path.write_bytes(sound)
    path.parent.chmod(0)


def _make_folder_cyclic(path: Path, _sound: bytes) -> None:
    folder = path.parent
    folder.rename(folder.with_name(f"{folder.name}.aside"))
    folder.symlink_to(folder.name)


def _make_hole(path: Path, _sound: bytes) -> None:
    with path.open("wb") as file:
        file.truncate(2**40)


def _make_holes(path: Path, _sound: bytes) -> None:
    for number in range(3):
        with path.with_name(f"{number}.bin").open("wb") as file:
            file.truncate(60 * 2**20)


def _copy_as(ending: str) -> Damage:
    def put(path: Path, sound: bytes) -> None:
        path.write_bytes(sound)
        path.with_suffix(ending).write_bytes(sound)

    return put


def _lock_by_editor(path: Path, sound: bytes) -> None:
    path.write_bytes(sound)
    path.with_name(f".#{path.name}").symlink_to("someone@somewhere.1234:5678")
    path.with_name(f"._{path.name}").write_bytes(b"\0\5\x16\7")


def _open_socket(path: Path, _sound: bytes) -> None:
    # The name of a socket is short: it is bound in its folder.
    here = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


DAMAGES: dict[str, Damage] = {
    # Files that are no files.
    "folder": lambda path, _: path.mkdir(),
    "pipe": lambda path, _: os.mkfifo(path),
    "socket": _open_socket,
    "dangling link": lambda path, _: path.symlink_to("nowhere"),
    "cyclic link": lambda path, _: path.symlink_to(path.name),
    "endless device": lambda path, _: path.symlink_to("/dev/zero"),
    "locked": _lock,
    "in a closed folder": _close_folder,
    "in a cyclic folder": _make_folder_cyclic,
    "hole of 1 TB": _make_hole,
    "many large holes": _make_holes,
    "link into data": lambda path, _: path.symlink_to("files/hello/README.md"),
    "a copy in .yml": _copy_as(".yml"),
    "a copy in .YML": _copy_as(".YML"),
    "a copy in .YAML": _copy_as(".YAML"),
    "locked by an editor": _lock_by_editor,
    # Bytes.
    "empty": _text(lambda _: b""),
    "blank": _text(lambda _: b"\n  \n# nothing\n"),
    "binary": _text(lambda _: bytes(range(256)) * 40),
    "Latin-1": _text(lambda sound: sound + b"# caf\xe9\n"),
    "UTF-16": _text(lambda sound: sound.decode().encode("utf-16")),
    "UTF-16 without a mark": _text(lambda sound: sound.decode().encode("utf-16-le")),
    "UTF-32": _text(lambda sound: sound.decode().encode("utf-32")),
    "byte-order mark": _text(lambda sound: b"\xef\xbb\xbf" + sound),
    "Windows line ends": _text(lambda sound: sound.replace(b"\n", b"\r\n")),
    "NUL": _text(lambda sound: sound + b"# \0\n"),
    "NULs": _text(lambda _: b"\0" * 4096),
    "control character": _text(lambda sound: sound + b"# \x1b[31m\n"),
    "surrogate bytes": _text(lambda sound: sound + b"# \xed\xa0\x80\n"),
    "50 MB": _text(lambda sound: sound + b"# more\n" * 7_500_000),
    "long line": _text(lambda sound: sound + b"# " + b"x" * 1_000_000 + b"\n"),
    "cut": _text(lambda sound: sound[: len(sound) // 2]),
    "LFS pointer": _text(
        lambda _: b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n"
    ),
    "merge conflict": _text(
        lambda sound: b"<<<<<<< ours\n" + sound + b"=======\n" + sound + b">>>>>>> theirs\n"
    ),
    "HTML": _text(lambda _: b"<!DOCTYPE html>\n<html><body>Log in</body></html>\n"),
    # YAML.
    "brackets": _text(lambda _: b"a: " + b"[" * 50_000 + b"\n"),
    "braces": _text(lambda _: b"{a: " * 50_000 + b"\n"),
    "dashes": _text(lambda _: b"- " * 50_000 + b"x\n"),
    "laughs": _text(lambda _: LAUGHS),
    "alias": _text(lambda sound: sound + b"more: *nobody\n"),
    "anchor": _text(lambda sound: b"x: &all 1\n" + sound),
    "merge key": _text(lambda sound: sound + b"<<: {a: 1}\n"),
    "tag": _text(lambda sound: sound + b"more: !!python/object/apply:os.system [id]\n"),
    "own tag": _text(lambda sound: sound + b"more: !Ref x\n"),
    "tab": _text(lambda sound: sound + b"more:\n\t- x\n"),
    "open quote": _text(lambda sound: sound + b'more: "x\n'),
    "open bracket": _text(lambda sound: sound + b"more: [x\n"),
    "documents": _text(lambda sound: sound + b"---\n" + sound),
    "directive": _text(lambda sound: b"%YAML 9.9\n---\n" + sound),
    "scalar": _text(lambda _: b"text\n"),
    "list": _text(lambda _: b"- a\n- b\n"),
    "null": _text(lambda _: b"null\n"),
    "number": _text(lambda _: b"7\n"),
    "repeated keys": _text(lambda sound: sound + sound),
    "unknown key": _text(lambda sound: sound + b"titel: x\n"),
    "list as key": _text(lambda sound: sound + b"? [a]\n: x\n"),
    "many keys": _text(lambda sound: sound + b"".join(b"k%d: 1\n" % n for n in range(110_000))),
    "half a character": _text(lambda sound: sound + b'more: "\\ud800"\n'),
    "colon": _text(lambda sound: sound + b"more: a: b\n"),
    "at sign": _text(lambda sound: sound + b"more: @x\n"),
    "percent": _text(lambda sound: sound + b"more: %x\n"),
    # JSON.
    "JSON list": _text(lambda _: b"[]"),
    "JSON null": _text(lambda _: b"null"),
    "JSON text": _text(lambda _: b'"x"'),
    "JSON number": _text(lambda _: b"9" * 5_000),
    "JSON empty": _text(lambda _: b"{}"),
    "JSON deep": _text(lambda _: b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    "JSON brackets": _text(lambda _: b"[" * 100_000),
    "JSON half a character": _text(lambda _: b'{"run": "\\ud800"}'),
    "JSON NaN": _text(lambda _: b'{"schema_version": NaN}'),
    "JSON huge integer": _text(lambda _: b'{"schema_version": ' + b"9" * 5_000 + b"}"),
    "JSON newer": _text(lambda _: b'{"schema_version": 999}'),
    "JSON two": _text(lambda sound: sound + b"\n" + sound),
    "JSON 50 MB": _text(lambda sound: sound + b" " * 50_000_000),
}

OF_A_FOLDER = frozenset({"in a closed folder", "in a cyclic folder"})
"""Damages that leave no file beside theirs to be read."""
HEAVY = frozenset({"50 MB", "JSON 50 MB", "many keys"})
"""Damages that take long to make or to refuse."""
