import json
import sys

from feed.episodes import listing

with open(sys.argv[1], encoding="utf-8") as file:
    print("\n".join(listing(json.load(file))))
