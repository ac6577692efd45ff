"""Where a provider is asked and with which key, as the environment says; checked before a request.

What is wrong is named by its variable and never by its value.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from urllib.parse import urlsplit

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.secrets import QUOTES, format_address
from promptverdict.providers.interface import Api
from promptverdict.providers.registry import is_by_hand, load_api

_SCHEME_SLIP = re.compile(r"(https?)(?::[/\\]?|:\\\\|[/\\]{2})(?![/\\])(.+)", re.IGNORECASE)
"""How http:// is miswritten: `http:/`, `http//`, `http:\\\\`."""
_ENDPOINTS = ("/chat/completions", "/completions", "/responses", "/models")
"""What OpenAI's APIs have below their base."""
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


def read_key(model: str, api: Api, environment: Mapping[str, str] = os.environ) -> str:
    """Return the key of a model's API, without blanks and line ends around it.

    Raises InputError where there is none, and for characters that no key has.
    """
    # A key out of a file or a secrets store often ends in a line end, which no header takes.
    key = environment.get(api.key_variable, "").strip()
    problem = _find_key_problem(model, api, key)
    if problem is not None:
        raise InputError([problem])
    return key


def read_address(api: Api, environment: Mapping[str, str] = os.environ) -> str:
    """Return where an API is asked. Raises InputError for what is no address of one."""
    url = environment.get(api.url_variable, "").strip()
    problem = _find_address_problem(api, url) if url else None
    if problem is not None:
        raise InputError([problem])
    return url or api.url


def check_places(models: Iterable[str], environment: Mapping[str, str] = os.environ) -> None:
    """Check keys, addresses and proxies of all models that will be asked. Raises InputError."""
    problems: dict[Problem | None, None] = {}
    for model in dict.fromkeys(models):
        if is_by_hand(model):
            continue
        api = load_api(model)
        key = environment.get(api.key_variable, "").strip()
        url = environment.get(api.url_variable, "").strip()
        problems[_find_key_problem(model, api, key)] = None
        problems[_find_address_problem(api, url) if url else None] = None
        problems |= dict.fromkeys(_find_proxy_problems(environment))
    if found := [problem for problem in problems if problem is not None]:
        raise InputError(found)


def _find_key_problem(model: str, api: Api, key: str) -> Problem | None:
    where = f"environment: {api.key_variable}"
    if not key:
        cure = (
            f"set {api.key_variable}; for a server of your own any value will do, and relay/NAME"
            " needs none (promptverdict relay serve)"
        )
        return Problem(where, f"no key is set for {model}", cure)
    if key[0] in QUOTES or key[-1] in QUOTES:
        return Problem(where, "the key stands in quotation marks", "set it without them")
    if not key.isascii() or not key.isprintable() or " " in key:
        found = "the key holds a blank, a line end or a letter that no key has"
        return Problem(where, found, "set it again, as the provider shows it")
    return None


def _find_address_problem(api: Api, url: str) -> Problem | None:
    fault = _find_form_fault(url, api.url) or _find_path_fault(url, api)
    return Problem(f"environment: {api.url_variable}", *fault) if fault else None


def _find_form_fault(url: str, example: str) -> tuple[str, str] | None:
    """Return what makes a text no address, and what to do; None where it is one."""
    if url[0] in QUOTES or url[-1] in QUOTES:
        return "the address stands in quotation marks", "set it without them"
    if slip := _SCHEME_SLIP.fullmatch(url):
        shown = format_address(f"{slip[1].lower()}://{slip[2]}")
        return "the address does not begin with http:// or https://", f"write {shown}"
    if "://" not in url:
        shown = format_address(f"http://{url}")
        found = f"{shown.removeprefix('http://')} does not begin with http:// or https://"
        return found, f"write {shown}, or as in {example}"
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole or not url.isprintable() or " " in url:
        return "this is no address of a server", f"such as {example}"
    return None


def _find_path_fault(url: str, api: Api) -> tuple[str, str] | None:
    """Return what is wrong with an address's path, and what to do; None where it is fine.

    An empty path may be right, where a server answers at its root: then it ends with a slash.
    """
    version, given = api.version_path, urlsplit(url).path
    shown, path = format_address(url), given.rstrip("/")
    for end in (api.path, *(_ENDPOINTS if version else ())):
        if path.endswith(end):
            base = shown.rstrip("/").removesuffix(end)
            return f"{shown} names an endpoint, and more than one is asked", f"write {base}"
    if version and not given:
        cure = f"did you mean {shown}{version}? If not, end it with a slash: {shown}/"
        return f"{shown} has no path, and most servers need {version}", cure
    if not version and path.endswith("/v1"):
        base = shown.rstrip("/").removesuffix("/v1")
        return f"{shown} ends in /v1, which the SDK adds itself", f"write {base}"
    return None


def _find_proxy_problems(environment: Mapping[str, str]) -> Iterator[Problem]:
    """Find proxies that httpx cannot use: it would end in a traceback that shows their password."""
    for name in _PROXIES:
        value = environment.get(name.lower()) or environment.get(name) or ""
        if value and (found := _find_proxy_fault(value)):
            yield Problem(f"environment: {name}", found, "such as http://host:3128, or unset it")


def _find_proxy_fault(value: str) -> str | None:
    if value != value.strip():
        return "a blank or a line end stands around the address"
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        is_address = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or parts.scheme not in ("http", "https", "socks5", "socks5h"):
        return "this is no address of a proxy"
    if parts.scheme.startswith("socks") and find_spec("socksio") is None:
        return "a SOCKS proxy needs a package that is not installed (socksio)"
    return None
