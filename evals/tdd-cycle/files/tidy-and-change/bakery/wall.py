"""Print the report: `python3 -m bakery.wall 31 sales.json`."""

import json
import sys

from bakery.report import report

if __name__ == "__main__":
    with open(sys.argv[2], encoding="utf-8") as file:
        print("\n".join(report(int(sys.argv[1]), json.load(file))))
