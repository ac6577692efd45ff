"""What does not fit a model, in words about the data and not about Python's types.

The words are chosen by the type of pydantic's error, which its documentation lists and keeps; its
messages change between releases and are only passed on, where no words of ours fit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MAPPING = "a mapping of keys is expected"
_WHOLE_NUMBER = "a whole number is expected"
_NUMBER = "a number is expected"
_FLAG = "true or false is expected"
_WORDS = {
    "missing": "this key is missing",
    "extra_forbidden": "unknown key",
    "json_invalid": "not valid JSON",
    "list_type": "a list is expected",
    "tuple_type": "a list is expected",
    "dict_type": _MAPPING,
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "string_type": "text is expected",
    "string_too_short": "some text is expected",
    "string_too_long": "text of at most {max_length} characters is expected",
    "string_pattern_mismatch": "text that matches {pattern} is expected",
    "too_short": "too few are listed",
    "too_long": "too many are listed",
    "bool_type": _FLAG,
    "bool_parsing": _FLAG,
    "int_type": _WHOLE_NUMBER,
    "int_parsing": _WHOLE_NUMBER,
    "int_parsing_size": "a smaller whole number is expected",
    "int_from_float": _WHOLE_NUMBER,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": _NUMBER,
    "greater_than": "more than {gt} is expected",
    "greater_than_equal": "{ge} or more is expected",
    "less_than": "less than {lt} is expected",
    "less_than_equal": "{le} or less is expected",
    "literal_error": "{expected} is expected",
    "enum": "{expected} is expected",
    "value_error": "{error}",
}


def describe_error(error: Mapping[str, Any]) -> str:
    """Return in a few words what is wrong, for one entry of ValidationError.errors()."""
    words = _WORDS.get(error["type"])
    if words is None:
        message = str(error["msg"])
        return message[:1].lower() + message[1:]
    limits = error.get("ctx", {}).items()
    return words.format(
        **{name: f"{limit:g}" if isinstance(limit, float) else limit for name, limit in limits}
    )


def describe_place(error: Mapping[str, Any]) -> str:
    """Return the keys that lead to what is wrong, joined by dots; empty for the whole."""
    return ".".join(str(part) for part in error["loc"])


def describe_error_at_place(error: Mapping[str, Any]) -> str:
    """Return where and what: `edits.0.new_string: this key is missing`."""
    place = describe_place(error)
    return f"{place}: {describe_error(error)}" if place else describe_error(error)
