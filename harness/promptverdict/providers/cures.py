"""What to do about a refusal, by what the server says of it. Pure."""

from __future__ import annotations

import re

from promptverdict.providers.interface import Api

_OUTPUT_LIMIT = re.compile(
    r"max_(?:completion_|output_|new_)?tokens|max_position|context[ _-]?(?:length|window|size)"
    r"|(?:too many|output|maximum).{0,20}tokens|exceeds? .{0,40}(?:length|context)",
    re.IGNORECASE,
)
_NUMBER = r"\d[\d,]*"
_SIZES = tuple(
    re.compile(pattern.replace("N", _NUMBER), re.IGNORECASE | re.DOTALL)
    for pattern in (
        r"context length is (?P<context>N).*?(?P<held>N) (?:input tokens|in the messages)",
        r"exceed context limit: (?P<held>N) \+ N > (?P<context>N)",
        r"must be <= (?P<context>N)\. given: (?P<held>N) `?inputs",
    )
)
"""How servers say how long the conversation is, and how long it may be."""

_TOO_LONG = re.compile(r"(?:prompt|input|request|message) is too (?:long|large)", re.IGNORECASE)
_TOOLS = re.compile(r"\btools?\b|tool_choice|function.?call|--jinja", re.IGNORECASE)
_MODEL = re.compile(r"\bmodel\b.{0,80}(?:not|exist|unknown|invalid|load)|not_found", re.IGNORECASE)
_PARAMETER = re.compile(
    r"(?:unsupported|unknown|unrecogni[sz]ed|unexpected|invalid|extra).{0,40}"
    r"(?:parameter|argument|field|key|value|input)",
    re.IGNORECASE,
)


def is_about_output_limit(words: str) -> bool:
    """Return whether a refusal is about how many tokens an answer is asked to have at most."""
    return bool(re.search(r"max_(?:\w+_)?tokens|in the completion", words, re.IGNORECASE))


def leaves_room(words: str) -> bool:
    """Return whether a refusal says that the conversation fills less than half of the context.

    Then what we ask for on top does not fit, and no conversation grew too long.
    """
    for pattern in _SIZES:
        if sizes := pattern.search(words):
            held, context = (int(sizes[name].replace(",", "")) for name in ("held", "context"))
            return held < context / 2
    return False


def suggest_cure(model: str, api: Api, status: int, words: str, base_path: str) -> str:
    """Return what to do about a refusal, as a sentence without a stop.

    model: as `provider/name`. words: what the server said. base_path: the path of its base
    address. A key, an address or a model that is wrong has its variable or place named.
    """
    table = f'[tool.promptverdict.parameters."{model}"]'
    lacks_version = bool(api.version_path) and not base_path.strip("/")
    cures = (
        (status < 400, f"write the address that it redirects to in {api.url_variable}"),
        (
            status in (401, 402, 403),
            f"check the key in {api.key_variable}, its rights and its credit",
        ),
        (status == 404 and lacks_version, f"does {api.url_variable} lack {api.version_path}?"),
        (
            bool(_TOO_LONG.search(words)),
            "shorten prompt and task, offer fewer tools, or take a model with a longer context",
        ),
        (
            bool(_OUTPUT_LIMIT.search(words)),
            f"ask for fewer output tokens in pyproject.toml: {table} {api.limit_name} = 4096,"
            " or give the model a longer context",
        ),
        (
            status == 404 or bool(_MODEL.search(words)),
            f"name the model as its server does, and check {api.url_variable}",
        ),
        (status == 407, "check user and password in HTTP_PROXY or HTTPS_PROXY"),
        (
            bool(_TOOLS.search(words)),
            "offer no tools, or start the server with support for them (llama.cpp: --jinja)",
        ),
        (
            bool(_PARAMETER.search(words)),
            f"change or remove a parameter in pyproject.toml: {table}",
        ),
    )
    fallback = f"check the server at {api.url_variable}, and what is asked of it"
    return next((cure for fits, cure in cures if fits), fallback)
