"""One small project in each language, as the stored outputs of its runners found it.

Its stages: as set up (`slug` is not there), then with a test of it, then with the code.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from promptverdict.trials.tree import Tree

from tests.graders.saboteurs import Act

RUNNERS = Path(__file__).parents[1] / "data" / "runners"


def run(name: str, **files: str | None) -> Act:
    """Run a command that printed what is stored."""
    first, _, text = (RUNNERS / f"{name}.txt").read_text(encoding="utf-8").partition("\n")
    return Act(command=first.removeprefix("$ "), text=text.rstrip("\n"), files=dict(files))


@dataclass(frozen=True)
class Project:
    start: dict[str, str]
    test: dict[str, str]
    """The files that the test of `slug` is written into."""
    code: dict[str, str]
    outputs: str
    """Folder of the runner."""
    red: str
    """Stage in which the test failed for what is missing."""
    green: str
    bad: str = "assertion"
    """Stage in which the code is there and wrong."""
    wrong: dict[str, str] | None = None
    """The code of that stage."""

    @property
    def path(self) -> str:
        return next(iter(self.code))

    def has_slug(self, tree: Tree) -> dict[str, bool]:
        """Say what a probe would."""
        text = tree[self.path].content.decode()
        return {"slug": "replace" in text.lower()}


PY_OLD = "def old():\n    return 1\n"
PY_CODE = PY_OLD + "\n\ndef slug(text):\n    return text.replace(' ', '-')\n"
PY_BAD = PY_OLD + "\n\ndef slug(text):\n    return text\n"
UNITTEST_OLD = (
    "import unittest\n\nfrom app.slug import old\n\n\nclass OldTest(unittest.TestCase):\n"
    "    def test_old(self):\n        self.assertEqual(old(), 1)\n"
)
UNITTEST = (
    "import unittest\n\nfrom app.slug import slug\n\n\nclass SlugTest(unittest.TestCase):\n"
    "    def test_blanks(self):\n        self.assertEqual(slug('a b'), 'a-b')\n\n"
    "    @unittest.skip('later')\n    def test_later(self):\n        pass\n"
)
PYTHON = {
    "app/__init__.py": "",
    "app/slug.py": PY_OLD,
    "tests/__init__.py": "",
    "tests/test_old.py": UNITTEST_OLD,
    "Makefile": ".PHONY: tests\ntests:\n\tpython3 -m unittest\n",
    "scripts/test": "#!/bin/sh\nset -e\npython3 -m unittest discover\n",
}
SCRIPT = "from slug import slug\n\nassert slug('a b') == 'a-b', slug('a b')\nprint('ok')\n"

JS_OLD = "function old() {\n  return 1;\n}\n\nmodule.exports = { old };\n"
JS_BAD = (
    "function old() {\n  return 1;\n}\n\nfunction slug(text) {\n  return text;\n}\n\n"
    "module.exports = { old, slug };\n"
)
JS_CODE = JS_BAD.replace("return text;", "return text.replaceAll(' ', '-');")
NODE_OLD = (
    "const test = require('node:test');\nconst assert = require('node:assert');\n"
    "const { old } = require('./slug');\n\ntest('old is one', () => {\n"
    "  assert.strictEqual(old(), 1);\n});\n"
)
NODE = (
    "const { describe, it } = require('node:test');\nconst assert = require('node:assert');\n"
    "const { slug } = require('./slug');\n\ndescribe('slug', () => {\n"
    "  it('joins words', () => {\n    assert.strictEqual(slug('a b'), 'a-b');\n  });\n\n"
    "  it.skip('is kept for later', () => {});\n});\n"
)
JEST_OLD = (
    "const { old } = require('../src/slug');\n\ntest('old is one', () => {\n"
    "  expect(old()).toBe(1);\n});\n"
)
JEST = (
    "const { slug } = require('../src/slug');\n\ndescribe('slug', () => {\n"
    "  test('joins words', () => {\n    expect(slug('a b')).toBe('a-b');\n  });\n\n"
    "  test.skip('is kept for later', () => {});\n});\n"
)


def package(script: str) -> str:
    return f'{{"name": "shop", "version": "1.0.0", "scripts": {{"test": "{script}"}}}}\n'


GO_OLD = "package shop\n\nfunc Old() int {\n\treturn 1\n}\n"
GO_BAD = GO_OLD + "\nfunc Slug(text string) string {\n\treturn text\n}\n"
GO_CODE = GO_BAD.replace("return text\n", 'return strings.ReplaceAll(text, " ", "-")\n').replace(
    "package shop\n", 'package shop\n\nimport "strings"\n'
)
GO_TEST = (
    'package shop\n\nimport "testing"\n\nfunc TestSlug(t *testing.T) {\n'
    '\tif got := Slug("a b"); got != "a-b" {\n'
    '\t\tt.Errorf("Slug(a b) = %q, want a-b", got)\n\t}\n'
    '\tt.Run("empty", func(t *testing.T) {\n\t\tif Slug("") != "" {\n'
    '\t\t\tt.Fatal("not empty")\n\t\t}\n\t})\n}\n\n'
    'func TestLater(t *testing.T) {\n\tt.Skip("later")\n}\n'
)
GO_START = {
    "go.mod": "module example.org/shop\n\ngo 1.19\n",
    "slug.go": GO_OLD,
    "slug_old_test.go": (
        'package shop\n\nimport "testing"\n\nfunc TestOld(t *testing.T) {\n'
        '\tif Old() != 1 {\n\t\tt.Fatal("old")\n\t}\n}\n'
    ),
    "tax/tax.go": "package tax\n\nfunc Rate() int { return 19 }\n",
    "tax/tax_test.go": (
        'package tax\n\nimport "testing"\n\nfunc TestRate(t *testing.T) {\n'
        "\tif Rate() != 19 {\n\t\tt.Fatal()\n\t}\n}\n"
    ),
}
RUST_OLD = "pub fn old() -> u32 {\n    1\n}\n"
RUST_BAD = RUST_OLD + "\npub fn slug(text: &str) -> String {\n    text.to_string()\n}\n"
RUST_CODE = RUST_BAD.replace("text.to_string()", "text.replace(' ', \"-\")")
RUST_TESTS = (
    "\n#[cfg(test)]\nmod tests {\n    use super::*;\n\n    #[test]\n    fn old_is_one() {\n"
    "        assert_eq!(old(), 1);\n    }\n"
)
RUST_OUTSIDE = "#[test]\nfn old_from_outside() {\n    assert_eq!(shop::old(), 1);\n}\n"
RUST_NEW = (
    '\n    #[test]\n    fn joins_words() {\n        assert_eq!(slug("a b"), "a-b");\n    }\n\n'
    "    #[test]\n    #[ignore]\n    fn is_kept_for_later() {}\n"
)

PROJECTS = {
    "unittest": Project(
        PYTHON, {"tests/test_slug.py": UNITTEST}, {"app/slug.py": PY_CODE},
        "unittest-3.11.2", "import-error", "green", wrong={"app/slug.py": PY_BAD},
    ),
    "make": Project(
        PYTHON, {"tests/test_slug.py": UNITTEST}, {"app/slug.py": PY_CODE},
        "make-unittest-3.11.2", "import-error", "green", wrong={"app/slug.py": PY_BAD},
    ),
    "sh": Project(
        PYTHON, {"tests/test_slug.py": UNITTEST}, {"app/slug.py": PY_CODE},
        "sh-unittest-3.11.2", "import-error", "green", wrong={"app/slug.py": PY_BAD},
    ),
    "script": Project(
        {"slug.py": PY_OLD}, {"test_slug.py": SCRIPT}, {"slug.py": PY_CODE},
        "script-3.11.2", "import-error", "green", wrong={"slug.py": PY_BAD},
    ),
    "node": Project(
        {"package.json": package("node --test"), "slug.js": JS_OLD, "old.test.js": NODE_OLD},
        {"slug.test.js": NODE}, {"slug.js": JS_CODE},
        "node-20.20.2", "missing-tap", "green-tap", "assertion-tap", {"slug.js": JS_BAD},
    ),
    "npm": Project(
        {"package.json": package("node --test"), "slug.js": JS_OLD, "old.test.js": NODE_OLD},
        {"slug.test.js": NODE}, {"slug.js": JS_CODE},
        "node-20.20.2", "missing-npm", "green-npm", "assertion-spec", {"slug.js": JS_BAD},
    ),
    "jest": Project(
        {
            "package.json": package("jest"), "src/slug.js": JS_OLD,
            "__tests__/old.test.js": JEST_OLD,
        },
        {"__tests__/slug.test.js": JEST}, {"src/slug.js": JS_CODE},
        "jest-30.5.2", "missing", "green", wrong={"src/slug.js": JS_BAD},
    ),
    "vitest": Project(
        {
            "package.json": package("vitest run"), "src/slug.js": JS_OLD,
            "tests/old.test.js": JEST_OLD,
        },
        {"tests/slug.test.js": JEST}, {"src/slug.js": JS_CODE},
        "vitest-3.2.7", "missing", "green", wrong={"src/slug.js": JS_BAD},
    ),
    "mocha": Project(
        {"package.json": package("mocha"), "src/slug.js": JS_OLD, "test/old.js": JEST_OLD},
        {"test/slug.js": JEST.replace("test(", "it(")}, {"src/slug.js": JS_CODE},
        "mocha-12.0.3", "missing", "green", wrong={"src/slug.js": JS_BAD},
    ),
    "go": Project(
        GO_START, {"slug_test.go": GO_TEST}, {"slug.go": GO_CODE},
        "go-1.19.8", "missing", "green", wrong={"slug.go": GO_BAD},
    ),
    "go -json": Project(
        GO_START, {"slug_test.go": GO_TEST}, {"slug.go": GO_CODE},
        "go-1.19.8", "missing-json", "green-json", "assertion-json", {"slug.go": GO_BAD},
    ),
    "cargo": Project(
        {
            "Cargo.toml": '[package]\nname = "shop"\nversion = "0.1.0"\nedition = "2021"\n',
            "src/lib.rs": RUST_OLD + RUST_TESTS + "}\n",
            "tests/api.rs": RUST_OUTSIDE,
        },
        {"src/lib.rs": RUST_OLD + RUST_TESTS + RUST_NEW + "}\n"},
        {"src/lib.rs": RUST_CODE + RUST_TESTS + RUST_NEW + "}\n"},
        "cargo-1.95.0", "missing", "green",
        wrong={"src/lib.rs": RUST_BAD + RUST_TESTS + RUST_NEW + "}\n"},
    ),
}  # fmt: skip
