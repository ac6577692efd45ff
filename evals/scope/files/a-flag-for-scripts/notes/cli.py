"""The commands."""

import argparse
from datetime import date

from notes import store


def parser():
    """What can be typed."""
    top = argparse.ArgumentParser(prog="notes")
    commands = top.add_subparsers(dest="command", required=True)
    adding = commands.add_parser("add", help="keep a note")
    adding.add_argument("title")
    adding.add_argument("--tag", action="append", default=[], dest="tags")
    listing = commands.add_parser("list", help="show notes")
    listing.add_argument("--tag", help="only notes with this tag")
    commands.add_parser("tags", help="show all tags")
    return top


def list_notes(options):
    """One line for each note."""
    for note in store.load():
        if options.tag is None or options.tag in note["tags"]:
            print(f"{note['day']}  {note['title']}")


def list_tags():
    """One line for each tag."""
    for tag in sorted({tag for note in store.load() for tag in note["tags"]}):
        print(tag)


def main(words):
    """Do what was typed; returns the exit code."""
    options = parser().parse_args(words)
    if options.command == "add":
        store.add(options.title, date.today().isoformat(), options.tags)
    elif options.command == "list":
        list_notes(options)
    else:
        list_tags()
    return 0
