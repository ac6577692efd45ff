"""A browser for the tests of the page; they are skipped where there is none.

Debian's package `chromium` is one.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.report.page.windows import CHROMIUM, DESK, Seen

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext


# Not for the session: while playwright runs, no test of another module can start an event loop.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here")
    # Chromium's own sandbox does not start for root, which is who runs in many containers.
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=root)
        yield running
        running.close()


@pytest.fixture(scope="module")
def contexts(browser: Browser) -> Callable[..., BrowserContext]:
    """Open each kind of context once: a new one starts a process, and a new page need not."""
    return functools.cache(browser.new_context)


@pytest.fixture
def show(contexts: Callable[..., BrowserContext]) -> Iterator[Callable[..., Seen]]:
    """Open a file in a window of a size, at a place; every window is closed in the end."""
    pages = []

    def opened(
        file: Path, size: Any = DESK, place: str = "", color_scheme: Any = None, **kind: bool
    ) -> Seen:
        page = contexts(**kind).new_page()
        pages.append(page)
        page.set_default_timeout(10_000)
        page.set_viewport_size(size)
        if color_scheme:
            page.emulate_media(color_scheme=color_scheme)
        seen = Seen(page)
        page.goto(file.as_uri() + place)
        return seen

    yield opened
    for page in pages:
        page.evaluate("localStorage.clear()")  # the context, and what it stores, is shared
        page.close()
