"""The one filter that keys and passwords pass before a text is shown, kept or reported.

What comes from below (exceptions, addresses, bodies and headers of answers) may quote a key that
was sent. Known are the values of environment variables that are named for secrets, credentials in
addresses that variables hold, and forms that only secrets have.
"""

from __future__ import annotations

import base64
import html
import json
import logging
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

HIDDEN = "***"

QUOTES = "\"'`\u201c\u201d\u201e\u2018\u2019\u201a\xab\xbb"
"""What an editor or a shell may leave around a value."""

_NAMES = re.compile(
    r"(?:KEY|KEY_ID|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|_PASS|_PWD|CREDENTIALS?|_AUTH|_DSN"
    r"|_PAT|_COOKIE|CONNECTION_STRING|WEBHOOK_URL)$",
    re.IGNORECASE,
)
_SHORTEST = 8
"""Shorter values of secret variables occur in other texts by chance."""

_QUERY_NAMES = r"(?:[\w-]*(?:key|token|secret|password|signature)|sig|auth|code)"
_IS_SECRET_PARAMETER = re.compile(_QUERY_NAMES, re.IGNORECASE)

SERVICE_TOKENS = re.compile(
    r"\b(?:npm_[A-Za-z0-9]{36}|pypi-AgEI[\w-]{50,}|do[opr]_v1_[0-9a-f]{64}"
    r"|SG\.[\w-]{16,32}\.[\w-]{16,64}|gsk_[A-Za-z0-9]{40,}|xai-[A-Za-z0-9]{60,}"
    r"|r8_[A-Za-z0-9]{30,}|pplx-[A-Za-z0-9]{40,}|tgp_v1_[\w-]{40,}|sk-or-v1-[0-9a-f]{60,}"
    r"|xapp-\d-[A-Z0-9]{6,}-\d{6,}-[0-9a-f]{32,}|gl(?:cbt|dt|rt|ft|agent|ptt|soat)-[\w-]{20,}"
    r"|dckr_[po]at_[\w-]{20,}|lin_api_[A-Za-z0-9]{40}|ntn_[A-Za-z0-9]{40,}|hvs\.[\w-]{60,}"
    r"|shp(?:at|ca|pa|ss)_[0-9a-f]{32}|sbp_[0-9a-f]{40}|ya29\.[\w-]{60,}"
    r"|AGE-SECRET-KEY-1[A-Z0-9]{50,}|hooks\.slack\.com/services/T\w+/B\w+/\w{20,}"
    r"|discord(?:app)?\.com/api/webhooks/\d{15,}/[\w-]{60,}"
    r"|GOCSPX-[\w-]{28}|whsec_(?=[A-Za-z]{0,31}\d)[A-Za-z0-9]{32}"
    r"|pscale_(?:tkn|oauth|pw)_[\w.-]{32,}|dapi[0-9a-f]{32}"
    r"|figd_[\w-]{40,}|NRAK-[A-Z0-9]{27}|glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}"
    r"|glc_eyJ[A-Za-z0-9+/=]{40,}|sntry[su]_(?:eyJ[\w+/=-]{50,}|[0-9a-f]{64})"
    r"|PMAK-[0-9a-f]{24}-[0-9a-f]{34}|pul-[0-9a-f]{40}|[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,}"
    r"|dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9.]{40,}|ATATT3xFfGF0[\w=-]{80,}"
    r"|AccountKey=[A-Za-z0-9+/]{86}==|\d{8,10}:AA[\w-]{33}\b"
    r"|lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}|nvapi-[\w-]{60,}|tvly-(?:dev-)?[A-Za-z0-9]{30,}"
    r"|csk-(?=[a-z]{0,39}\d)[a-z0-9]{40,}|jina_[A-Za-z0-9]{50,}|pcsk_[A-Za-z0-9_]{50,})"
)
"""Forms that only the tokens of one service have, as the rules of gitleaks describe them."""
PRIVATE_KEY = "-----BEGIN (?:[A-Z]+ )?PRIVATE KEY(?: BLOCK)?-----"

_PATTERNS = (
    (SERVICE_TOKENS, HIDDEN),
    (
        re.compile(
            rf"{PRIVATE_KEY}(?:[\s\S]{{0,20000}}?-----END (?:[A-Z]+ )?PRIVATE KEY(?: BLOCK)?-----"
            r"|[A-Za-z0-9+/=\s]*)"
        ),
        HIDDEN,
    ),
    # An address's user and password; the greedy class takes an `@` in a password along.
    (re.compile(r"(\b[a-z][a-z0-9+.-]{0,20}://)[^\s/?#\"'<>]+@", re.IGNORECASE), rf"\1{HIDDEN}@"),
    (re.compile(rf"([?&;]{_QUERY_NAMES}=)[^&;#\s\"'<>]+", re.IGNORECASE), rf"\1{HIDDEN}"),
    (
        re.compile(r"\b(bearer|basic)\s+(?=[\w.~+/-]{0,99}[\d=])[\w.~+/=-]{8,}", re.IGNORECASE),
        rf"\1 {HIDDEN}",
    ),
    (
        re.compile(
            r"\b(?:sk|pk|rk)[-_](?=[\w-]{0,99}\d)[\w-]{20,}|\bgh[pousr]_\w{30,}|\bgithub_pat_\w{40,}"
            r"|\bglpat-[\w.-]{20,}|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[\w-]{30,}|\bhf_\w{30,}"
            r"|\bxox[abprs]-[\w-]{20,}|\beyJ[\w-]{8,2000}\.eyJ[\w-]{8,9000}\.[\w-]{8,}"
        ),
        HIDDEN,
    ),
)
"""Forms that are hidden wherever they stand -> what is shown instead."""


def hide_secrets(text: str, environment: Mapping[str, str] | None = None) -> str:
    """Return a text in which every secret that is known or looks like one is replaced by `***`."""
    return _hide(text, _sort_forms(environment))


def hide_secrets_within(value: Any) -> Any:
    """Return data of JSON's kinds in which the secrets of every text are hidden; keys stay."""
    forms = _sort_forms(None)

    def hide(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: hide(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [hide(inner) for inner in value]
        return _hide(value, forms) if isinstance(value, str) else value

    return hide(value)


def list_secrets(environment: Mapping[str, str] | None = None) -> dict[str, tuple[str, ...]]:
    """List the forms in which the secrets of the environment may stand in a text, by variable.

    Blanks, line ends and quotes around a value are no part of it: whoever sends it leaves some of
    them out.
    """
    variables = os.environ if environment is None else environment
    # Not `items()`, which fails where another thread takes a variable away meanwhile: trials are
    # recorded beside pytest, which sets and removes one of its own at each phase of each test.
    known = ((name, variables.get(name, "")) for name in list(variables))
    return {name: forms for name, value in known if (forms := _list_variable(name, value))}


@lru_cache(maxsize=1024)
def _list_variable(name: str, value: str) -> tuple[str, ...]:
    """List the forms of the secrets of one variable: once, since each trial asks several times."""
    values = [strip_value(value)] if _NAMES.search(name) else []
    values += _list_credentials(value)
    forms = [form for each in values if len(each) >= _SHORTEST for form in _list_forms(each)]
    return tuple(dict.fromkeys(forms))


def strip_value(value: str) -> str:
    """Return a variable's value without the blanks, line ends and quotes around it."""
    return value.strip().strip(QUOTES).strip()


def format_address(url: str) -> str:
    """Format an address without user, password, query and fragment."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
        host = parts.hostname or ""
    except ValueError:
        return hide_secrets(url)
    if not parts.scheme or not host:
        return hide_secrets(url)
    return hide_secrets(
        f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}{parts.path}"
    )


class SecretsFilter(logging.Filter):
    """Hides secrets in log records: pytest shows those of libraries, and they name addresses."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite a record's message; none is dropped."""
        record.msg, record.args = hide_secrets(record.getMessage()), None
        return True


def _sort_forms(environment: Mapping[str, str] | None) -> list[str]:
    """List all forms of secrets, the longest first: a key may be part of an encoded one."""
    known = {form for forms in list_secrets(environment).values() for form in forms}
    return sorted(known, key=len, reverse=True)


def _hide(text: str, forms: Iterable[str]) -> str:
    for form in forms:
        text = text.replace(form, HIDDEN)
    for pattern, shown in _PATTERNS:
        text = pattern.sub(shown, text)
    return text


def _list_credentials(value: str) -> Iterator[str]:
    """List what an address holds besides the place: its password, and parameters named for keys."""
    if "://" not in value:
        return
    try:
        parts = urlsplit(strip_value(value))
        user, password = parts.username or "", parts.password or ""
    except ValueError:
        return
    if password:
        yield password
        yield unquote(password)
        # A client sends both as the header `Authorization: Basic ...`.
        both = f"{unquote(user)}:{unquote(password)}"
        yield base64.b64encode(both.encode("utf-8", "replace")).decode()
    for name, text in parse_qsl(parts.query):
        if _IS_SECRET_PARAMETER.fullmatch(name):
            yield text


def _list_forms(value: str) -> Iterator[str]:
    """List how a value may be written: plainly, or by addresses, JSON, Python and HTML."""
    yield quote(value, safe="", errors="replace")
    yield quote_plus(value, errors="replace")
    yield base64.b64encode(value.encode("utf-8", "replace")).decode()
    yield html.escape(value)
    yield from _list_escaped(value)


def _list_escaped(value: str) -> list[str]:
    """List a value as JSON and Python write it, also one in the other: a body in JSON in a log.

    Most values have no letter that is escaped, and are written in one way.
    """
    forms = [value]
    for _ in range(3):
        longer = [form for known in forms for form in _escape(known)]
        forms = list(dict.fromkeys([*forms, *longer]))
    return forms


def _escape(text: str) -> Iterator[str]:
    yield json.dumps(text)[1:-1]
    yield json.dumps(text, ensure_ascii=False)[1:-1]
    written = repr(text)[1:-1]
    yield written
    # Which quotes Python escapes depends on what else stands in the text.
    yield written.replace("\\'", "'")
    yield written.replace("\\'", "'").replace("'", "\\'")
