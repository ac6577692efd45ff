"""Windows of a browser, and what should not happen in them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


class Seen:
    """A page that was opened, and what happened that should not."""

    def __init__(self, opened: Page) -> None:
        self.page = opened
        self.troubles: list[str] = []
        self.requests: list[str] = []
        opened.on("console", lambda message: self.troubles.append(message.text))
        opened.on("pageerror", lambda error: self.troubles.append(str(error)))
        opened.on("request", lambda request: self.requests.append(request.url))

    def open_first(self) -> Any:
        """Open the first scenario by keyboard, and wait for its transcripts."""
        self.page.locator("details.scenario > summary").first.focus()
        self.page.keyboard.press("Enter")
        transcripts = self.page.locator("details.scenario .transcripts").first
        transcripts.locator(":scope > .columns").first.wait_for()
        return transcripts
