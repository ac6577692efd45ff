"""Windows of a browser, and what should not happen in them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}

OPEN = """() => {
  const kinds = {};
  for (const found of document.querySelectorAll('details'))
    (kinds[`${found.className} in ${found.parentElement.className}`] ??= []).push(found);
  for (const kind of Object.values(kinds))
    for (const found of kind) found.open = found === kind[0] || found === kind.at(-1);
}"""


CLEAR = """() => {
  const stored = localStorage.length;
  localStorage.clear();
  return stored;
}"""

OF_COLOURS = ("color-contrast", "link-in-text-block")
"""Rules of axe that read a colour: all that may differ where nothing but colours does."""


def find_faults(page: Page, rules: Sequence[str] = ()) -> list[str]:
    """List the rules of axe that a page breaks; look at all of them, or at some."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe here")
    # Where it was, nobody asks; and a page that loads nothing has nothing to wait for.
    options: dict[str, Any] = {"resultTypes": ["violations"], "selectors": False, "preload": False}
    if rules:
        options["runOnly"] = {"type": "rule", "values": list(rules)}
    found = axe.Axe().run(page, options=options).response["violations"]
    return [rule["id"] for rule in found]


class Seen:
    """A page that was opened, and what happened that should not."""

    def __init__(self, opened: Page, address: str) -> None:
        self.page = opened
        self.address = address
        self.troubles: list[str] = []
        self.requests: list[str] = []
        self._listeners: dict[Any, Callable[[Any], None]] = {
            "console": lambda message: self.troubles.append(message.text),
            "pageerror": lambda error: self.troubles.append(str(error)),
            "request": lambda request: self.requests.append(request.url),
        }
        for event, listener in self._listeners.items():
            opened.on(event, listener)

    def forget(self) -> None:
        """Stop listening to the page, and remove what it stored."""
        for event, listener in self._listeners.items():
            self.page.remove_listener(event, listener)
        if self.page.evaluate(CLEAR):
            # The renderer tells the browser later: a page of another process would still find it.
            self.page.goto("about:blank")

    def open_all(self) -> None:
        """Open, of each kind of thing that can be opened, the first and the last."""
        self.page.evaluate(OPEN)
        for transcripts in self.page.locator("details.scenario[open] .transcripts").all():
            transcripts.locator(":scope > .columns").first.wait_for()

    def open_first(self) -> Any:
        """Open the first scenario by keyboard, and wait for its transcripts."""
        self.page.locator("details.scenario > summary").first.focus()
        self.page.keyboard.press("Enter")
        transcripts = self.page.locator("details.scenario .transcripts").first
        transcripts.locator(":scope > .columns").first.wait_for()
        return transcripts
