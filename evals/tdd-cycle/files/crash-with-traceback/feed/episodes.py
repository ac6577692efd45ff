"""Lists of episodes, from the items of a feed."""

from feed.durations import in_words, seconds


def listing(items):
    """One line for each item, a dict with `title` and `duration`."""
    return [f"{item['title']} ({in_words(seconds(item['duration']))})" for item in items]


def longest(items):
    """The title of the longest episode; the earlier one of two that are equally long."""
    return max(items, key=lambda item: seconds(item["duration"]))["title"]
