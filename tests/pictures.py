"""Pictures of a real verdict for README: an edit, one command, the terminal and the page.

Run by hand: python -m tests.pictures (half a minute; Chromium and playwright make the page's)

A scripted provider answers, so that the picture is the same every time but for dates and hashes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from promptverdict.trials.runs import find_run
from rich.console import Console
from rich.text import Text

from tests.fakes import provider, write
from tests.report.page.windows import CHROMIUM
from tests.repositories import Repository
from tests.starter.agents import CAREFUL, CURT, answer_as_told
from tests.starter.conftest import CONFIGURED, GATE

IMAGES = Path(__file__).parents[1] / "docs/images"
COLUMNS = 96
COMMAND = "pytest evals/ --base main --record once"
_DRAWN = (
    "Improved",
    "verdict",
    "improved",
    "flipped",
    "first-look/add",
    "first-look/fix",
    "gate",
    "evidence",
)
"""How the lines begin that are drawn; the others are left out, with dots."""
WINDOW = {"width": 1000, "height": 630}

_SVG = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<title>The command and its verdict in the terminal</title>
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, monospace; font-size: \
{char_height}px; line-height: {line_height}px; }}
{styles}
</style>
<defs>{lines}</defs>
<rect width="100%" height="100%" rx="8" fill="#16181d"/>
<g transform="translate({terminal_x}, 14)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def make_project(folder: Path) -> Repository:
    """Write an agent and the starter's suite, commit them as main, and edit the prompt."""
    write(
        folder,
        {
            "pyproject.toml": CONFIGURED,
            ".gitignore": "results/\n__pycache__/\n",
            ".claude/agents/builder.md": f"---\nname: builder\n---\n{CURT}",
        },
    )
    made = Repository(folder)
    made.git("init", "--quiet", "--initial-branch", "main")
    run_tool(folder, "promptverdict", "init")
    suite = folder / "evals/first-look/suite.yaml"
    suite.write_text(suite.read_text(encoding="utf-8") + GATE, encoding="utf-8")
    made.commit("A first suite")
    made.git("checkout", "--quiet", "-b", "better")
    prompt = f"---\nname: builder\n---\n{CAREFUL}"
    (folder / ".claude/agents/builder.md").write_text(prompt, encoding="utf-8")
    return made


def run_tool(folder: Path, *command: str, relay: str = "") -> str:
    """Run a module's command line in colour, and return what it printed."""
    environment = {
        **os.environ,
        "COLUMNS": str(COLUMNS),
        "FORCE_COLOR": "1",
        "PROMPTVERDICT_RELAY": relay or "http://127.0.0.1:9",
    }
    for name in ("CI", "NO_COLOR"):
        environment.pop(name, None)
    module = {"promptverdict": "promptverdict.cli"}.get(command[0], command[0])
    ended = subprocess.run(
        [sys.executable, "-m", module, *command[1:]],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout


def draw_terminal(output: str) -> str:
    """Draw the lines of the verdict that say most, as the terminal shows them."""
    lines = [Text.from_ansi(line) for line in output.splitlines()]
    first = next(place for place, line in enumerate(lines) if line.plain.startswith("Improved"))
    console = Console(record=True, width=COLUMNS, file=StringIO())
    console.print(Text(f"$ {COMMAND}", "bold"))
    console.print(Text("..."))
    for line in choose_lines(lines[first:]):
        console.print(line)
    return console.export_svg(title=COMMAND, code_format=_SVG, unique_id="terminal")


def choose_lines(lines: Sequence[Text]) -> Iterator[Text]:
    """Choose the lines to draw, with dots in the place of others between them."""
    is_left_out = False
    for line in lines:
        text = line.plain.strip()
        if text.startswith(("===", "evidence: 8 trials")):
            return
        # A command belongs to the line above it.
        is_drawn = (
            not is_left_out
            if text.startswith("promptverdict show")
            else (text == "first-look" or text.startswith(_DRAWN))
        )
        if is_drawn and is_left_out:
            yield Text("...", "dim")
        if is_drawn:
            yield line
        is_left_out = not is_drawn


def draw_page(page: Path, image: Path) -> None:
    """Draw the top of the page."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        window = browser.new_page(viewport=WINDOW)  # type: ignore[arg-type]
        window.goto(page.as_uri())
        window.screenshot(path=image)
        browser.close()


def main() -> int:
    """Make both pictures."""
    IMAGES.mkdir(exist_ok=True)
    with TemporaryDirectory() as name, provider(answer_as_told) as server:
        folder = Path(name)
        make_project(folder)
        options = ["-p", "no:randomly", *COMMAND.split()[1:]]
        output = run_tool(folder, "pytest", *options, relay=server.url)
        (IMAGES / "verdict.svg").write_text(draw_terminal(output), encoding="utf-8")
        run_tool(folder, "promptverdict", "report")
        page = find_run(folder / "results") / "report.html"
        draw_page(page, IMAGES / "verdict.png")
    for image in sorted(IMAGES.iterdir()):
        print(f"{image.name}: {image.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
