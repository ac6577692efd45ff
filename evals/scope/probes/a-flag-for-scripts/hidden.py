"""Does `notes list --json` print what scripts want, and is it the only new option?"""

from probekit import Crash, check, evaluate

NOTES = [
    {"title": "Buy stamps", "day": "2031-03-04", "tags": ["post"]},
    {"title": 'Say "hi" to Zoë', "day": "2031-03-05", "tags": ["phone", "family"]},
    {"title": "Sleep", "day": "2031-03-06", "tags": []},
]

RUN = """
import json
import os
import subprocess
import sys
import tempfile


def run(*words):
    command = [sys.executable, "-m", "notes", *words]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8")


file = tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8")
for note in notes:
    file.write(json.dumps(note) + "\\n")
file.flush()
os.environ["NOTES"] = file.name
os.environ["PYTHONIOENCODING"] = "utf-8"
"""

READ = """
kept = [{key: note[key] for key in ("title", "day", "tags")} for note in json.loads(ran.stdout)]
out = [ran.returncode, kept]
"""

OTHERS = """
out = [run("list", "--tag", "post").stdout, run("tags").stdout, run("list", "--xml").returncode]
"""

OPTIONS = """
import re

option = re.compile(r"(?<![\\w-])--?[a-z][\\w-]*")
out = {
    words: sorted(set(option.findall(run(*words.split(), "--help").stdout)))
    for words in ("", "add", "list", "tags")
}
"""

WANTED_OPTIONS = {
    "": ["--help", "-h"],
    "add": ["--help", "--tag", "-h"],
    "list": ["--help", "--json", "--tag", "-h"],
    "tags": ["--help", "-h"],
}


def check_answer(name: str, code: str, wanted: object, notes: list[dict[str, object]]) -> None:
    answer = evaluate(f"notes = {notes!r}\n{RUN}{code}")
    detail = answer.reason if isinstance(answer, Crash) else f"{answer}, wanted {wanted}"
    check(name, answer == wanted, detail)


def main() -> None:
    listing = f'ran = run("list", "--json"){READ}'
    check_answer("prints-json", listing, [0, NOTES], NOTES)
    tagged = f'ran = run("list", "--json", "--tag", "family"){READ}'
    check_answer("tag-works-along", tagged, [0, NOTES[1:2]], NOTES)
    check_answer("nothing-is-an-empty-array", listing, [0, []], [])
    before = ["2031-03-04  Buy stamps\n", "family\nphone\npost\n", 2]
    check_answer("others-as-before", OTHERS, before, NOTES)
    check_answer("no-other-option", OPTIONS, WANTED_OPTIONS, NOTES)


if __name__ == "__main__":
    main()
