"""The pages of the site."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """One page."""

    title: str


PAGES = [Page("First steps"), Page("What's new?")]
