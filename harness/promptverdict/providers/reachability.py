"""Whether anybody answers where models will be asked: looked at once, before anything is recorded.

Without it a wrong address shows after minutes: a request is tried again with patience, since most
outages end. Only what no patience mends is an error here; what is slow is left to the requests.
"""

from __future__ import annotations

import json
import os
import shlex
import socket
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.secrets import format_address
from promptverdict.providers.places import read_address
from promptverdict.providers.registry import is_by_hand, load_api

_CONNECT_SECONDS = 5.0
_ASK_SECONDS = 5.0
_MOST_BYTES = 1 << 20
_MOST_MODELS = 3
_CONTEXT_KEYS = ("max_model_len", "context_length", "n_ctx", "n_ctx_train")
"""How vLLM, OpenRouter and llama.cpp call the size of a model's context."""


def check_reachable(
    models: Iterable[str], relay: str, environment: Mapping[str, str] = os.environ
) -> None:
    """Raise InputError with all addresses of these models where nothing listens.

    relay: address of the relay, for models that are answered by hand. An address that is asked
    through a proxy is left to the proxy.
    """
    problems: dict[Problem, None] = {}
    for model in dict.fromkeys(models):
        by_hand = is_by_hand(model)
        url = relay if by_hand else read_address(load_api(model), environment)
        if _has_proxy(url) or not (fault := _find_fault(url)):
            continue
        where = "--relay" if by_hand else f"environment: {load_api(model).url_variable}"
        cure = (
            "start it in another terminal: promptverdict relay serve --name"
            f' {shlex.quote(model.partition("/")[2])} --operator "..."'
            if by_hand
            else "start the server, or correct the address"
        )
        found = f"nothing answers at {format_address(url)} for {model}: {fault}"
        problems[Problem(where, found, cure)] = None
    if problems:
        raise InputError(list(problems))


def describe_servers(
    models: Iterable[str], environment: Mapping[str, str] = os.environ
) -> Iterator[str]:
    """Write which models a server of one's own has, and how large their contexts are.

    A line for each model whose address the environment sets, where the server says so.
    """
    for model in dict.fromkeys(models):
        if is_by_hand(model):
            continue
        api = load_api(model)
        url = environment.get(api.url_variable, "").strip()
        if not url or not api.version_path:
            continue
        served = _list_served(url, environment.get(api.key_variable, "").strip())
        if served:
            more = f", and {len(served) - _MOST_MODELS} more" * (len(served) > _MOST_MODELS)
            names = ", ".join(served[:_MOST_MODELS])
            yield f"{model}: the server at {format_address(url)} has {names}{more}"


def _has_proxy(url: str) -> bool:
    parts = urlsplit(url)
    proxies = urllib.request.getproxies()
    has_any = parts.scheme in proxies or "all" in proxies
    return has_any and not urllib.request.proxy_bypass(parts.hostname or "")


def _find_fault(url: str) -> str:
    """Return why nothing can answer there; empty where something may."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), _CONNECT_SECONDS).close()
    except ConnectionRefusedError:
        return "nothing listens there"
    except socket.gaierror as error:
        return f"its name is not known here ({error.strerror})"
    except UnicodeError:
        return "this can be no name of a host"
    except OSError:
        return ""
    return ""


def _list_served(url: str, key: str) -> list[str]:
    """List what a server says it has; nothing where it does not say, whatever the reason."""
    request = urllib.request.Request(f"{url.rstrip('/')}/models")  # noqa: S310 (asked anyway)
    # Other headers go along where a server redirects to another host.
    request.add_unredirected_header("Authorization", f"Bearer {key}")
    try:
        with urllib.request.urlopen(request, timeout=_ASK_SECONDS) as answer:  # noqa: S310
            listed = json.loads(answer.read(_MOST_BYTES))
        return [_format_model(model) for model in listed["data"]]
    except (OSError, HTTPException, ValueError, LookupError, TypeError, AttributeError):
        return []


def _format_model(model: Mapping[str, Any]) -> str:
    known = {**model, **(model.get("meta") or {})}
    size = next((known[key] for key in _CONTEXT_KEYS if isinstance(known.get(key), int)), None)
    context = f" (context {size:,} tokens)" if size else ""
    return f"{str(model['id']).rpartition('/')[2]}{context}"
