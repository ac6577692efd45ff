"""Are the two DELETEs gone, and does everything of the singer still go with the singer?"""

from probekit import Crash, check, evaluate, run_pytest

REMOVE = """
from choir import store

con = store.connect(":memory:")
gone, stays = store.add_singer(con, "Ada", "alto"), store.add_singer(con, "Bo", "bass")
for singer in (gone, stays):
    store.note_attendance(con, singer, "2025-03-04")
    store.note_fee(con, singer, "2025-1", 6000)
if not ENFORCED:
    con.execute("PRAGMA foreign_keys = OFF")
store.remove_singer(con, gone)
columns = {"singers": "id", "attendances": "singer_id", "fees": "singer_id"}
left = {t: [row[0] for row in con.execute(f"SELECT {c} FROM {t}")] for t, c in columns.items()}
out = {table: [{gone: "removed", stays: "other"}[each] for each in left[table]] for table in left}
"""
EVERYTHING_GOES = {"singers": ["other"], "attendances": ["other"], "fees": ["other"]}
SINGER_GOES = {
    "singers": ["other"],
    "attendances": ["removed", "other"],
    "fees": ["removed", "other"],
}


def check_rows(name: str, *, enforced: bool, wanted: dict[str, list[str]]) -> None:
    left = evaluate(f"ENFORCED = {enforced}\n{REMOVE}")
    check(name, left == wanted, left.reason if isinstance(left, Crash) else f"left: {left}")


def main() -> None:
    check_rows("everything-of-the-singer-goes", enforced=True, wanted=EVERYTHING_GOES)
    # Without the cascade, what goes besides the singer was deleted by hand.
    check_rows("nothing-else-by-hand", enforced=False, wanted=SINGER_GOES)
    ran = run_pytest()
    check("tests-pass", ran.exit_code == 0, f"{ran.passed} passed, {ran.failed} failed")


if __name__ == "__main__":
    main()
