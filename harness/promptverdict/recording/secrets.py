"""Refuses texts that must not be stored: what looks like a key, or names this machine."""

from __future__ import annotations

import re
from collections.abc import Mapping

from promptverdict.core.errors import StorageError
from promptverdict.core.secrets import PRIVATE_KEY, SERVICE_TOKENS, list_secrets

_COMMON = {"localhost", "sandbox", "/", "/root", "/workspace", "/home/agent"}
"""Names that identify nobody; Dockerfiles are full of /root."""

_SHORTEST_HOST = 8
"""Shorter host names are words that a text may hold."""

_FORMS: dict[str, tuple[tuple[str, ...], re.Pattern[str]]] = {
    "an Anthropic key": (("sk-ant-",), re.compile(r"\bsk-ant-[\w-]{16,}")),
    "an OpenAI key": (
        ("sk-",),
        re.compile(r"\bsk-(?:(?:proj|svcacct|admin)-(?=[\w-]{0,99}\d)[\w-]{20,}|[A-Za-z0-9]{32,})"),
    ),
    "a GitHub token": (
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{40,})"),
    ),
    "a GitLab token": (("glpat-",), re.compile(r"\bglpat-(?=[\w-]{0,99}\d)[\w-]{20,}")),
    "an AWS access key": (("akia", "asia"), re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    "an AWS secret key": (
        ("access",),
        re.compile(r"aws_?secret_?access_?key\W{1,6}(?=[\w/+]{0,40}\d)[\w/+]{40}\b", re.IGNORECASE),
    ),
    "a Google key": (("aiza",), re.compile(r"\bAIza[\w-]{35}")),
    "a Hugging Face token": (
        ("hf_",),
        re.compile(r"\bhf_(?:(?=\w{0,99}\d)[A-Za-z0-9]{30,}|[A-Za-z]{34}\b)"),
    ),
    # Not the forms of test mode: tutorials and the workspaces of agents are full of them.
    "a Stripe key": (("k_live_",), re.compile(r"\b[sr]k_live_[A-Za-z0-9]{16,}")),
    "a JSON web token": (
        ("eyj",),
        re.compile(r"\beyJ[\w-]{8,2000}\.eyJ[\w-]{8,9000}\.[\w-]{20,}"),
    ),
    "a private key": (
        ("private key",),
        re.compile(PRIVATE_KEY),
    ),
    "a service's token": (
        (
            *("npm_", "pypi-agei", "_v1_", "sg.", "gsk_", "xai-", "r8_", "pplx-", "sk-or-v1-"),
            *("xapp-", "glcbt-", "gldt-", "glrt-", "glft-", "glagent-", "glptt-", "glsoat-"),
            *("dckr_", "lin_api_", "ntn_", "hvs.", "shpat_", "shpca_", "shppa_", "shpss_", "sbp_"),
            *("ya29.", "age-secret-key-1", "/services/t", "/api/webhooks/", "gocspx-", "whsec_"),
            *("pscale_", "dapi", "figd_", "nrak-", "glsa_", "glc_eyj", "sntry"),
            *("pmak-", "pul-", ".atlasv1.", "dp.", "atatt3", "accountkey=", ":aa", "lsv2_"),
            *("nvapi-", "tvly-", "csk-", "jina_", "pcsk_"),
        ),
        SERVICE_TOKENS,
    ),
    "a Slack token": (
        ("xoxa-", "xoxb-", "xoxp-", "xoxr-", "xoxs-"),
        re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{20,}"),
    ),
}
"""What secrets look like. Every text that a pattern finds holds one of its marks, case folded:
looking for these takes a twentieth of the time of all patterns."""


def refuse_secrets(text: str, environment: Mapping[str, str]) -> None:
    """Raise StorageError, naming the rule and never the value, when a text must not be stored."""
    if what := find_secret(text, environment):
        raise _build_refusal(what)


def refuse_machine(text: str, host: str, home: str) -> None:
    """Raise StorageError when a text holds the machine's name or a path below the home folder."""
    if what := find_machine(text, host, home):
        raise _build_refusal(what)


def find_secret(text: str, environment: Mapping[str, str]) -> str | None:
    """Return the first secret that a text holds, in words that do not show it."""
    folded = text.casefold()
    for what, (marks, pattern) in _FORMS.items():
        if any(mark in folded for mark in marks) and pattern.search(text):
            return f"something that looks like {what}"
    for name, forms in list_secrets(environment).items():
        if any(form in text for form in forms):
            return f"the value of the environment variable {name}"
    return None


def find_machine(text: str, host: str, home: str) -> str | None:
    """Return what in a text names this machine, in words; None where nothing does."""
    if (
        len(host) >= _SHORTEST_HOST
        and host not in _COMMON
        and host in text
        and re.search(rf"\b{re.escape(host)}\b", text)
    ):
        return "the name of this machine"
    if home not in _COMMON and f"{home.rstrip('/')}/" in text:
        return "a path below the home folder"
    return None


def _build_refusal(what: str) -> StorageError:
    return StorageError(
        f"the recording holds {what} and was not saved\n"
        "  take it out of the workspace, the prompt or the task, and record again; where a word"
        " stands for a key, let it be another word"
    )
