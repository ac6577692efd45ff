"""What an agent file's model means here."""

from __future__ import annotations

import json
import re

from promptverdict.agents.variant import Variant
from promptverdict.core.errors import InputError, Problem
from promptverdict.providers.registry import MODULES
from promptverdict.settings import Settings


def resolve_model(variant: Variant, settings: Settings) -> str:
    """Return what an agent file's model means here, as `provider/name`.

    Raises InputError where the configuration does not say.
    """
    asked = variant.model if variant.model != "inherit" else None
    asked = asked or "default"
    model = settings.model or settings.models.get(asked) or asked
    key = asked if re.fullmatch("[A-Za-z0-9_-]+", asked) else json.dumps(asked)
    if settings.model:
        check_model(model, "--model", f"`{model}`")
    elif asked in settings.models:
        check_model(model, f"pyproject.toml: tool.promptverdict.models.{key}", f"`{model}`")
    elif asked[0] in "\"'":
        _refuse_quote(variant)
    else:
        cure = f'say what it means: [tool.promptverdict.models] {key} = "...", or give --model'
        check_model(model, variant.path, f"its model `{asked}`", cure)
    return model


def check_model(model: str, where: str, what: str, cure: str = "") -> None:
    """Raise InputError for what is no `provider/name`, or has dots where a name is to be put."""
    provider, _, name = model.partition("/")
    if provider not in MODULES or not name:
        problem = f"{what} is not provider/name (providers: {', '.join(MODULES)})"
        cure = cure or "such as anthropic/NAME, openai/NAME, or relay/NAME by hand"
        raise InputError([Problem(where, problem, cure)])
    if name != name.strip() or not name.isprintable():
        problem = f"{what} has blanks around the model's name, or characters that nobody sees"
        raise InputError([Problem(where, problem, f"write it as {provider}/NAME")])
    if name == "...":
        problem = f"{what} is a placeholder and names no model"
        raise InputError([Problem(where, problem, f"write the model's name: {provider}/NAME")])


def _refuse_quote(variant: Variant) -> None:
    line = next((odd.line for odd in variant.diagnostics if odd.text.endswith(" in model")), 1)
    problem = f"a quote that is not closed: model: {variant.model}"
    raise InputError([Problem(f"{variant.path}:{line}", problem, "close it on the same line")])
