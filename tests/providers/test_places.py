"""Keys, addresses and proxies: what is wrong is said before a request, by the variable's name."""

from __future__ import annotations

import pytest
from promptverdict.core.errors import InputError
from promptverdict.providers.places import check_places, read_address, read_key
from promptverdict.providers.registry import load_api

from tests.cases import try_cases

CANARY = "sk-canary-0123456789"
CHAT, CLAUDE = "openai-chat/m", "anthropic/m"


def told(models: list[str], **environment: str) -> str:
    with pytest.raises(InputError) as caught:
        check_places(models, environment)
    assert "canary" not in str(caught.value)
    for problem in caught.value.problems:
        assert len(str(problem).splitlines()) <= 3
    return str(caught.value)


@try_cases("value", [CANARY, f"{CANARY}\n", f" {CANARY} ", f"{CANARY}\r\n", "x"])
def test_a_key_is_taken_without_blanks_and_line_ends(value: str) -> None:
    environment = {"OPENAI_API_KEY": value}
    check_places([CHAT], environment)
    assert read_key(CHAT, load_api(CHAT), environment) == value.strip()


@try_cases(
    ("value", "words"),
    [
        (f"\u201c{CANARY}\u201d", "stands in quotation marks"),
        (f"'{CANARY}'\n", "stands in quotation marks"),
        (f'"{CANARY}', "stands in quotation marks"),
        (f"{CANARY} {CANARY}", "holds a blank"),
        (f"{CANARY}\nOTHER=1", "holds a blank, a line end"),
        (f"{CANARY}\u2011", "a letter that no key has"),
        (f"{CANARY}\x07x", "holds a blank"),
    ],
)
def test_a_key_that_cannot_be_sent_is_told_by_its_variable(value: str, words: str) -> None:
    message = told([CHAT], OPENAI_API_KEY=value)
    assert "environment: OPENAI_API_KEY: the key" in message
    assert words in message


def test_a_missing_key_is_told_once_with_what_to_do() -> None:
    message = told([CHAT, "openai/m", CHAT, CLAUDE, "relay/m"])
    assert message.count("ANTHROPIC_API_KEY: no key is set for anthropic/m") == 1
    assert "for a server of your own any value will do" in message
    assert "promptverdict relay serve" in message
    check_places(["relay/m", "relay-openai/m"], {})


@try_cases(
    ("url", "found", "cure"),
    [
        ("127.0.0.1:8080/v1", "127.0.0.1:8080/v1 does not begin", "write http://127.0.0.1:8080/v1"),
        ("localhost:8080", "localhost:8080 does not begin with http", "https://api.openai.com/v1"),
        ("ftp://host/v1", "no address of a server", "https://api.openai.com/v1"),
        ("http://", "no address of a server", "https://api.openai.com/v1"),
        ("http://host:port/v1", "no address of a server", "https://api.openai.com/v1"),
        ("http://ho st/v1", "no address of a server", "https://api.openai.com/v1"),
        ("\u201chttp://host/v1\u201d", "quotation marks", "without them"),
        ("http://host:8080", "http://host:8080 has no path", "http://host:8080/v1?"),
        ("http://me:canary@host:8080", "http://host:8080 has no path", "http://host:8080/v1?"),
        ("http://host/v1/chat/completions", "names an endpoint", "write http://host/v1"),
        ("http://host/v1/chat/completions/", "names an endpoint", "write http://host/v1"),
        ("http://host/v1/models", "names an endpoint", "write http://host/v1"),
        ("http://host/v1/responses", "names an endpoint", "write http://host/v1"),
        ("http:/host:8080/v1", "does not begin with http", "write http://host:8080/v1"),
        ("https:host/v1", "does not begin with http", "write https://host/v1"),
        ("http//me:canary@host/v1", "does not begin with http", "write http://host/v1"),
    ],
)
def test_an_address_that_cannot_be_right_is_told_before(url: str, found: str, cure: str) -> None:
    message = told([CHAT], OPENAI_API_KEY="x", OPENAI_BASE_URL=url)
    assert message.startswith("environment: OPENAI_BASE_URL: ")
    assert found in message
    assert cure in message


@try_cases(
    "url",
    [
        "http://127.0.0.1:8080/v1",
        "http://127.0.0.1:8080/v1\n",
        " https://host/openai/v1/?api-version=preview ",
        "https://user:password@host/api/v3",
        "https://api.perplexity.ai/",
        "",
    ],
)
def test_an_address_that_may_be_right_is_taken(url: str) -> None:
    environment = {"OPENAI_API_KEY": "x", "OPENAI_BASE_URL": url}
    check_places([CHAT, "openai/m"], environment)
    assert read_address(load_api(CHAT), environment) == url.strip() or not url


def test_the_version_that_anthropics_sdk_adds_itself_is_told() -> None:
    environment = {"ANTHROPIC_API_KEY": "x", "ANTHROPIC_BASE_URL": "http://host/v1/"}
    message = told([CLAUDE], **environment)
    assert "http://host/v1/ ends in /v1" in message
    assert message.endswith("write http://host")
    check_places([CLAUDE], environment | {"ANTHROPIC_BASE_URL": "http://host"})


@try_cases(
    ("value", "words"),
    [
        ("http://proxy:3128\n", "a blank or a line end"),
        ("ftp://me:canary@proxy:21", "no address of a proxy"),
        ("http://me:canary@proxy:many", "no address of a proxy"),
        ("http://", "no address of a proxy"),
    ],
)
@try_cases("name", ["HTTPS_PROXY", "https_proxy"])
def test_a_proxy_that_cannot_be_used_is_told(name: str, value: str, words: str) -> None:
    message = told([CHAT], OPENAI_API_KEY="x", **{name: value})
    assert "environment: HTTPS_PROXY: " in message
    assert words in message


def test_proxies_without_a_scheme_are_taken() -> None:
    check_places([CHAT], {"OPENAI_API_KEY": "x", "HTTP_PROXY": "proxy:3128"})
    check_places(["relay/m"], {"HTTP_PROXY": "ftp://no"})
