"""What must not stand in a recording: keys by their form or their value, and names of a machine."""

from __future__ import annotations

import re

import pytest
from promptverdict.core.errors import StorageError
from promptverdict.recording.secrets import refuse_machine, refuse_secrets

from tests.cases import try_cases

DIGITS = "0a1b2c3d4e5f6g7h8i9j" * 3

# Put together here, so that no scanner of repositories takes this file for a leak.
FORMS = {
    "an Anthropic key": f"sk-ant-api03-{DIGITS}",
    "an OpenAI key": f"sk-{DIGITS[:48]}",
    "an OpenAI key of a project": f"sk-proj-ab_c-{DIGITS}",
    "an OpenAI key of a service": f"sk-svcacct-x_{DIGITS}",
    **{f"a GitHub token of kind {kind}": f"gh{kind}_{DIGITS[:36]}" for kind in "pousr"},
    "a GitHub token of a person": f"github_pat_{DIGITS[:44]}",
    "a GitLab token": f"glpat-{DIGITS[:20]}",
    "an AWS access key": "AKIA" + "Q7" * 8,
    "an AWS access key of a session": "ASIA" + "Q7" * 8,
    "an AWS secret key": f"aws_secret_access_key = {DIGITS[:40]}",
    "an AWS secret key of capitals": f"AWS_SECRET_ACCESS_KEY={DIGITS[:40]}",
    "an AWS secret key with letters that only case folding knows": (
        f"aws_\u017fecret_acces\u017f_\u212aey = {DIGITS[:40]}"
    ),
    "a Google key": f"AIza{DIGITS[:35]}",
    "a Hugging Face token": f"hf_{DIGITS[:34]}",
    "a Hugging Face token of letters": "hf_" + "aBcDeFgH" * 4 + "iJ",
    "a Stripe key": f"sk_live_{DIGITS[:24]}",
    "a JSON web token": f"eyJ{DIGITS[:20]}.eyJ{DIGITS[:30]}.{DIGITS[:43]}",
    "a private key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "a private key of PGP": "-----BEGIN PGP " + "PRIVATE KEY BLOCK-----",
    **{
        f"a service's token with {token[:9]}": token
        for token in (
            f"npm_{DIGITS[:36]}",
            f"pypi-AgEIcHlwaS5vcmc{DIGITS}",
            f"dop_v1_{'0a1b' * 16}",
            f"SG.{DIGITS[:22]}.{DIGITS[:43]}",
            f"gsk_{DIGITS[:52]}",
            f"xai-{DIGITS}{DIGITS[:20]}",
            f"r8_{DIGITS[:37]}",
            f"pplx-{DIGITS[:48]}",
            f"tgp_v1_{DIGITS[:43]}",
            f"sk-or-v1-{'0a1b' * 16}",
            f"xapp-1-A01B2C3D4-1234567890-{'0a1b' * 16}",
            f"glcbt-64_{DIGITS[:20]}",
            f"dckr_pat_{DIGITS[:27]}",
            f"lin_api_{DIGITS[:40]}",
            f"ntn_{DIGITS[:46]}",
            f"hvs.{DIGITS}{DIGITS[:35]}",
            f"shpat_{'0a1b' * 8}",
            f"sbp_{'0a1b' * 10}",
            f"ya29.{DIGITS}{DIGITS}",
            f"AGE-SECRET-KEY-1{'Q7' * 29}",
            f"https://hooks.slack.com/services/T0A1B2C3D/B0A1B2C3D/{DIGITS[:24]}",
            f"https://discord.com/api/webhooks/123456789012345678/{DIGITS}{DIGITS[:8]}",
            f"GOCSPX-{DIGITS[:28]}",
            f"whsec_{DIGITS[:32]}",
            f"pscale_tkn_{DIGITS[:43]}",
            f"dapi{'0a1b' * 8}",
            f"figd_{DIGITS[:40]}",
            f"NRAK-{'Q7R' * 9}",
            f"glsa_{DIGITS[:32]}_0a1b0a1b",
            f"glc_eyJ{DIGITS[:50]}",
            f"sntrys_eyJ{DIGITS[:60]}",
            f"PMAK-{'0a1b' * 6}-{'0a1b' * 8}0a",
            f"pul-{'0a1b' * 10}",
            f"{DIGITS[:14]}.atlasv1.{DIGITS}{DIGITS[:10]}",
            f"dp.pt.{DIGITS[:43]}",
            f"ATATT3xFfGF0{DIGITS}{DIGITS[:40]}",
            f"AccountKey={DIGITS}{DIGITS[: 86 - len(DIGITS)]}==",
            f"1234567890:AA{DIGITS[:33]}",
            f"lsv2_pt_{'0a1b' * 8}_{'0a1b' * 2}0a",
            f"nvapi-{DIGITS}{DIGITS[:10]}",
            f"tvly-{DIGITS[:32]}",
            f"csk-{'a1b2' * 12}",
            f"jina_{DIGITS[:60]}",
            f"pcsk_{DIGITS[:60]}",
        )
    },
    **{f"a Slack token of kind {kind}": f"xox{kind}-{DIGITS[:30]}" for kind in "abprs"},
}


@try_cases("what", FORMS)
def test_a_key_is_refused_by_its_form_and_not_shown(what: str) -> None:
    with pytest.raises(StorageError) as refused:
        refuse_secrets(f"HOST=x KEY={FORMS[what]}\n", {})
    assert re.split(" of | with ", what, maxsplit=1)[0] in str(refused.value)
    assert DIGITS[:16] not in str(refused.value)


@try_cases(
    "text",
    [
        "CONSTRAINT pk_customer_order_lines_version_2024 PRIMARY KEY (id)",
        "the sk-learn-like-estimator-with-a-very-long-name",
        "STRIPE_KEY=sk_test_" + DIGITS[:24],
        "postgres://user:password@localhost/db",
        "Authorization: Bearer eyJ0eXAi.eyJzdWIi.short",
        "aws_secret_access_key = ${AWS_SECRET_ACCESS_KEY}",
        "GROQ_API_KEY=gsk_... or xai-your-key-here, npm_config_registry=x, msg.SG.x",
        "the figd_key, dapi, dp.pt.x, 1:AA, csk-abc and jina_embeddings_v2 of AccountKey=x",
        "the r8_register, sbp_level_2 and hvs.status of https://discord.com/api/webhooks/ID/TOKEN",
    ],
)
def test_what_only_resembles_a_key_is_kept(text: str) -> None:
    refuse_secrets(text, {})


def test_the_value_of_a_secret_variable_is_refused_by_the_variables_name() -> None:
    with pytest.raises(StorageError, match="the environment variable SHOP_PASSWORD"):
        refuse_secrets("login with correct-horse", {"SHOP_PASSWORD": "correct-horse"})


def test_the_machines_name_and_home_are_refused_and_common_names_are_not() -> None:
    for text in ("on buildhost-17 it ran", "see /home/jo/project/x.py"):
        with pytest.raises(StorageError):
            refuse_machine(text, "buildhost-17", "/home/jo")
    refuse_machine("see /root/x on localhost", "localhost", "/root")
