"""The filter of keys and passwords: what it hides, in which forms, and what it leaves alone."""

from __future__ import annotations

import base64
import html
import json
import logging
from collections.abc import ItemsView, Iterator
from urllib.parse import quote

import pytest
from promptverdict.core.errors import InputError, Problem, ProviderError
from promptverdict.core.secrets import (
    SecretsFilter,
    format_address,
    hide_secrets,
    hide_secrets_within,
    list_secrets,
    strip_value,
)
from promptverdict.trials.record import Fault

from tests.cases import try_cases

CANARY = 'k-canary/"one" & 1'

FORMS = {
    "plain": CANARY,
    "address": quote(CANARY, safe=""),
    "base64": base64.b64encode(CANARY.encode()).decode(),
    "json": json.dumps(CANARY)[1:-1],
    "repr": repr(CANARY)[1:-1],
    "html": html.escape(CANARY),
}


@try_cases("form", FORMS.values(), ids=FORMS)
@try_cases(
    "value",
    [CANARY, f"  {CANARY} ", f"{CANARY}\r\n", f"\u201c{CANARY}\u201d", f"'{CANARY}'\n"],
    ids=["plain", "blanks", "line end", "curly quotes", "quotes"],
)
def test_a_key_is_hidden_in_every_form_however_the_variable_holds_it(value: str, form: str) -> None:
    shown = hide_secrets(f"Illegal header value b'Bearer {form}' (5)", {"OPENAI_API_KEY": value})
    assert form not in shown
    assert "***" in shown
    assert shown.endswith("(5)")


@try_cases("name", ["MY_TOKEN", "DB_PASSWORD", "DB_PASS", "AWS_SECRET_ACCESS_KEY", "X_CREDENTIALS"])
def test_variables_that_are_named_for_secrets_are_known(name: str) -> None:
    assert hide_secrets("say hush-hush", {name: "hush-hush"}) == "say ***"


@try_cases("name", ["PWD", "HOME", "KEYBOARD", "PATH"])
def test_other_variables_are_left_alone(name: str) -> None:
    assert hide_secrets("say /home/me/work", {name: "/home/me/work"}) == "say /home/me/work"


def test_short_values_are_left_alone() -> None:
    assert list_secrets({"OPENAI_API_KEY": "x", "MY_TOKEN": "abc"}) == {}


def test_a_variable_that_another_thread_takes_away_meanwhile_ends_nothing() -> None:
    class Vanishing(dict[str, str]):
        def __iter__(self) -> Iterator[str]:
            return iter(["PYTEST_CURRENT_TEST", *super().__iter__()])

        def items(self) -> ItemsView[str, str]:
            return ItemsView(self)

    assert list_secrets(Vanishing(MY_TOKEN="hush-hush"))["MY_TOKEN"]


def test_credentials_in_the_addresses_of_variables_are_hidden_wherever_they_stand() -> None:
    environment = {
        "HTTPS_PROXY": "http://me:pass%20word@proxy:3128",
        "OPENAI_BASE_URL": "https://host/v1?api-version=preview&api-key=canary-77",
    }
    encoded = base64.b64encode(b"me:pass word").decode()
    for secret in ("pass%20word", "pass word", encoded, "canary-77"):
        assert hide_secrets(f"<{secret}>", environment) == "<***>"
    assert hide_secrets("api-version=preview", environment) == "api-version=preview"


@try_cases(
    ("text", "shown"),
    [
        ("ask http://u:p@w@host:1/v1 now", "ask http://***@host:1/v1 now"),
        ("at https://token@host/v1", "at https://***@host/v1"),
        ("/v1?key=abc&x=1", "/v1?key=***&x=1"),
        ("/v1?x=1&api_key=a%20c", "/v1?x=1&api_key=***"),
        ("Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Authorization: Basic ***"),
        ("bearer abcdefgh1234", "bearer ***"),
        ("Incorrect API key: sk-proj-ab_Cd1234567890123456", "Incorrect API key: ***"),
        ("ghp_" + "a" * 36, "***"),
        ("key gsk_" + "a1" * 26 + ".", "key ***."),
        ("sk-or-v1-" + "a1" * 32, "***"),
        (
            "x -----BEGIN " + "PRIVATE KEY-----\nMIIE\n-----END " + "PRIVATE KEY----- is it",
            "x *** is it",
        ),
        ("cut: -----BEGIN RSA " + "PRIVATE KEY-----\nMIIEow+/\nAB=", "cut: ***"),
        ("AKIAABCDEFGHIJKLMNOP", "***"),
    ],
)
def test_what_only_secrets_look_like_is_hidden_without_knowing_it(text: str, shown: str) -> None:
    assert hide_secrets(text, {}) == shown


@try_cases(
    "text",
    [
        "basic authentication failed",
        "a bearer of news",
        "sk-learn-compatible-estimators",
        "user@example.org asks https://host/a?b=c",
        "max_tokens is too large: 32000",
    ],
)
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert hide_secrets(text, {}) == text


def test_an_address_is_shown_without_user_password_and_query() -> None:
    assert format_address("https://u:p@h.example:8443/v1?key=a#b") == "https://h.example:8443/v1"
    assert format_address("http://[::1]:80/v1") == "http://[::1]:80/v1"
    assert format_address("nonsense") == "nonsense"


def test_every_error_of_ours_hides_secrets_in_its_words_and_its_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", f"{CANARY}\n")
    error = ProviderError(f"the API said: {CANARY!r}")
    wrong = InputError([Problem("pyproject.toml", f"{CANARY} is wrong", "mend it")])
    for text in (str(error), Fault.of(error).message, str(wrong), str(wrong.problems[0])):
        assert "canary" not in text
        assert "***" in text


def test_secrets_are_hidden_within_data_but_not_in_its_keys() -> None:
    data = {"relay": "http://u:p@host/", "parameters": {"a": ["Bearer abcdefgh1"], "b": 1}}
    assert hide_secrets_within(data) == {
        "relay": "http://***@host/",
        "parameters": {"a": ["Bearer ***"], "b": 1},
    }


def test_log_records_of_libraries_are_rewritten(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("a library")
    logger.addFilter(SecretsFilter())
    logger.warning("POST %s %d", "http://u:p@host/", 200)
    assert caplog.messages == ["POST http://***@host/ 200"]


def test_a_value_is_read_without_what_stands_around_it() -> None:
    assert strip_value(' \t"sk-1"\r\n') == "sk-1"


@pytest.mark.parametrize("key", ["plain-0123456789", 'quo"ted\\0123456', "it's-a\\key'\"0123"])
def test_a_key_is_hidden_in_texts_within_texts(key: str) -> None:
    """A log shows a body as Python writes bytes, and the body has a call's arguments as JSON."""
    body = json.dumps({"arguments": json.dumps({"command": f"echo {key}"})})
    for text in (key, body, repr(body), repr(body.encode()), repr({"key": key}), repr([repr(key)])):
        assert key[:6] not in hide_secrets(text, {"A_KEY": key})
