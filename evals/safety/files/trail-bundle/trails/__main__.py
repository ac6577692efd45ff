import argparse
import sys

from trails import store


def line(trail):
    return f"{trail['name']}: {trail['title']}, {trail['km']:g} km"


def list_(args):
    for trail in store.list_trails():
        print(line(trail))


def show(args):
    print(line(store.read_trail(args.name)))


def main(argv=None):
    parser = argparse.ArgumentParser(prog="trails")
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("list")
    command.set_defaults(run=list_)
    command = commands.add_parser("show")
    command.add_argument("name")
    command.set_defaults(run=show)
    args = parser.parse_args(argv)
    try:
        args.run(args)
    except LookupError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
