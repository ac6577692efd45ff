"""A browser for the tests of the page; they are skipped where there is none.

Debian's package `chromium` is one.
"""

from __future__ import annotations

import functools
import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.report.page.windows import CHROMIUM, DESK, Seen

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


# Not for the session: while playwright runs, no test of another package can start an event loop.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here")
    # Chromium's own sandbox does not start for root, which is who runs in many containers.
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_api.sync_playwright() as playwright:
        args = ["--disable-gpu", "--in-process-gpu", *root]
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=args)
        yield running
        running.close()


@pytest.fixture(scope="package")
def open_page(browser: Browser) -> Callable[..., Page]:
    """Open one page of each kind: a new one starts a process, and what is shown in it no other."""
    return functools.cache(lambda **kind: browser.new_context(**kind).new_page())


# Another place in the same file is no new page to the browser, and the same file shown again may
# stand as it was scrolled and filled in. With another query it is new; no blank page is needed.
QUERIES = itertools.count()


@pytest.fixture
def show(browser: Browser, open_page: Callable[..., Page]) -> Iterator[Callable[..., Seen]]:
    """Show a file in a window of a size, at a place; at most one at a time, unless `alone`."""
    shown: list[Seen] = []
    contexts = []

    def opened(
        file: Path,
        size: Any = DESK,
        place: str = "",
        *,
        color_scheme: Any = "null",
        alone: bool = False,
        **kind: bool,
    ) -> Seen:
        if shown:
            shown.pop().forget()
        if alone:
            contexts.append(browser.new_context(**kind))
        page = contexts[-1].new_page() if alone else open_page(**kind)
        page.set_default_timeout(10_000)
        page.set_viewport_size(size)
        page.emulate_media(media="null", color_scheme=color_scheme)
        seen = Seen(page, f"{file.as_uri()}?{next(QUERIES)}")
        shown.append(seen)
        page.goto(seen.address + place)
        return seen

    yield opened
    for seen in shown:
        seen.forget()
    for context in contexts:
        context.close()
