"""Windows of a browser, and what should not happen in them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
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


def find_faults(page: Page) -> list[str]:
    """List the rules of axe that a page breaks."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe here")
    # Where it was, nobody asks; and a page that loads nothing has nothing to wait for.
    options = {"resultTypes": ["violations"], "selectors": False, "preload": False}
    found = axe.Axe().run(page, options=options).response["violations"]
    return [rule["id"] for rule in found]


class Seen:
    """A page that was opened, and what happened that should not."""

    def __init__(self, opened: Page) -> None:
        self.page = opened
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
        """Leave the page as a new one is: nothing listens to it, is stored by it or is shown."""
        for event, listener in self._listeners.items():
            self.page.remove_listener(event, listener)
        self.page.evaluate("localStorage.clear()")
        # Without it, another place in the same file would be no new page to the browser.
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
