"""Characters of an agent file that a wrong encoding or a terminal left in it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from promptverdict.agents.variant import Diagnostic, Source

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# Without the joiners and the marks of direction that scripts and emoji need.
_UNSEEN = re.compile("[\u180e\u200b\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]")
_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f")
"""England's, Scotland's and Wales's are written with characters that cannot be seen."""
_BYTE_OF = str.maketrans(
    {bytes([byte]).decode("cp1252", "ignore") or chr(byte): byte for byte in range(0x80, 0x100)}
)
"""cp1252 character -> the byte it stands for, as a code point."""
_GARBLED = re.compile(
    "(?:[\xc2\xc3][\x80-\xbf]|[\xe2\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
    "|(?:[\xc4-\xdf][\x80-\xbf]){2,}|(?:[\xe0-\xef][\x80-\xbf]{2}){2,})+"
)
"""UTF-8 bytes that were read as characters. What correct text may hold as well (`é\xa0»` in French,
`ß“` in German) counts only where it stands twice in a row."""


def find_damaged_text(source: Source) -> Iterator[Diagnostic]:
    """Find keys with garbled text, and the first such line of the prompt, with how many follow."""
    for key, value in (source.keys or {}).items():
        if damage := next(filter(None, map(_describe_mojibake, _list_texts(value))), None):
            text = f"{key} has {damage}"
            yield Diagnostic(line=source.lines.get(key, 1), kind="mojibake", text=text)
    numbered = list(enumerate(source.body.split("\n"), start=source.body_line))
    garbled = [(line, damage) for line, text in numbered if (damage := _describe_mojibake(text))]
    if garbled:
        yield _build_diagnostic(garbled, "mojibake")
    controls = [
        (line, f"the control character U+{ord(control[0]):04X}")
        for line, text in numbered
        if (control := _CONTROL.search(text))
    ]
    if controls:
        yield _build_diagnostic(controls, "control-character")
    unseen = [
        (line, f"U+{ord(character[0]):04X}, which nobody sees and the model reads")
        for line, text in numbered
        if not text.isascii() and (character := _UNSEEN.search(_FLAG.sub("", text)))
    ]
    if unseen:
        yield _build_diagnostic(unseen, "unseen-character")


def _build_diagnostic(places: list[tuple[int, str]], kind: str) -> Diagnostic:
    line, damage = places[0]
    more = f", and {len(places) - 1} more lines like it" if len(places) > 1 else ""
    return Diagnostic(line=line, kind=kind, text=f"the prompt has {damage}{more}")


def _list_texts(value: object) -> Iterator[str]:
    """List the texts in a value of the frontmatter, keys of mappings among them."""
    if isinstance(value, str):
        yield value
    parts: Iterable[object] = ()
    if isinstance(value, Mapping):
        parts = (*value, *value.values())
    elif isinstance(value, list):
        parts = value
    for part in parts:
        yield from _list_texts(part)


def _describe_mojibake(text: str) -> str | None:
    """Describe the first damage that a wrong encoding did, with the text it probably was."""
    if text.isascii():
        return None
    if "\ufffd" in text:
        return "U+FFFD, which stands for a character that was lost"
    for match in _GARBLED.finditer(text.translate(_BYTE_OF)):
        try:
            # Accented letters that only look like bytes of UTF-8 do not decode.
            meant = match[0].encode("latin-1").decode("utf-8")
        except UnicodeDecodeError:
            continue
        if all(unicodedata.category(character) not in ("Cn", "Co") for character in meant):
            codes = " ".join(f"U+{ord(character):04X}" for character in meant[:4])
            intended = f"{meant} ({codes})" if meant.isprintable() else codes
            written = text[match.start() : match.end()]
            return f"`{written}`, probably {intended} in a wrong encoding"
    return None
