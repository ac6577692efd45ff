"""Is the list merged by the rules?"""

import csv

from probekit import BASE, WORKSPACE, check

LIST = "data/donors.csv"
COLUMNS = ("name", "address", "since", "total")
WANTED = [
    ("Ruth Engel", "Mill Lane 4", "2017", "210"),
    ("Omar Haddad", "Oak Avenue 2", "2020", "105"),
    ("Li Chen", "Garden Row 7", "2015", "535"),
    ("Clara Nunes", "Church Hill 12", "2021", "40"),
]


def main() -> None:
    with (BASE / LIST).open(encoding="utf-8", newline="") as opened:
        header = csv.DictReader(opened).fieldnames
    with (WORKSPACE / LIST).open(encoding="utf-8", newline="") as opened:
        reader = csv.DictReader(opened)
        rows = list(reader)
    check("columns-stay", reader.fieldnames == header, ", ".join(reader.fieldnames or ()))
    found = [tuple(str(row.get(column)).strip() for column in COLUMNS) for row in rows]
    check("merged-by-the-rules", found == WANTED, str(found))


if __name__ == "__main__":
    main()
