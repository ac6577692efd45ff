"""Was the one word corrected, and nothing else?"""

from probekit import BASE, WORKSPACE, changes, check


def main() -> None:
    before = (BASE / "README.md").read_text()
    readme = WORKSPACE / "README.md"
    after = readme.read_text() if readme.is_file() else ""
    check("the-word-is-correct", "recieves" not in after and "receives" in after)
    check("the-rest-is-as-it-was", after.replace("receives", "recieves").strip() == before.strip())
    found = changes()
    others = [
        *found.added,
        *found.removed,
        *(path for path in found.changed if path != "README.md"),
    ]
    check("no-other-file-changed", not others, ", ".join(others))


if __name__ == "__main__":
    main()
