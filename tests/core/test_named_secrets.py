"""Values that their names make secrets are found, and the made-up ones of tasks are not."""

from __future__ import annotations

import pytest
from promptverdict.core.named_secrets import find_named_secrets, warn_of_named_secrets

VALUE = "kV9rT2mQx7LwZ4"  # drawn for this test


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f"API_KEY={VALUE}", "API_KEY"),
        (f"export DB_PASSWORD='{VALUE}'\n", "DB_PASSWORD"),
        (f'{{"client_secret": "{VALUE}"}}', "client_secret"),
        (f"token: {VALUE}\n", "token"),
        (f"A=1\nMY_SERVICE_SECRET_KEY = {VALUE}!", "MY_SERVICE_SECRET_KEY"),
    ],
)
def test_a_drawn_value_is_found_by_the_name_before_it(text: str, name: str) -> None:
    assert find_named_secrets(text) == [name]
    assert find_named_secrets(f"{text} {text}") == [name]


@pytest.mark.parametrize(
    "text",
    [
        "TOKEN=abc",
        "API_KEY=your-key-goes-here-1",
        "PASSWORD=hunter2",
        "SECRET_KEY=os.environ['SECRET_KEY_2']",
        "token = read_next_token2(stream)",
        "TOKEN=11111111111111111111",
        "token: str = field(default=None)",
        "PASSWORD=correcthorsebatterystaple",
        "API_KEY=${VAULT_KEY_2024_PROD}",
        "max_tokens=kV9rT2mQx7LwZ4",
        "TOKEN=",
        "",
    ],
)
def test_what_is_made_up_short_or_code_is_not(text: str) -> None:
    assert find_named_secrets(text) == []


def test_a_warning_names_it_and_never_shows_its_value() -> None:
    data = [{"text": f"a\nAPI_KEY={VALUE}\n"}, {"args": {"password": VALUE, "other": [VALUE]}}]
    warning = warn_of_named_secrets("a/b#0", data)
    assert warning
    assert warning.startswith("a/b#0: what may be a secret stands in it: API_KEY, password; ")
    assert VALUE not in warning
    assert warn_of_named_secrets("a/b#0", {"token": 7, "a": [None, "TOKEN=abc"]}) is None


def test_a_long_text_takes_no_time() -> None:
    find_named_secrets("a_" * 200_000 + "TOKEN" + "=" * 200_000)
