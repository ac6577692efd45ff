"""PayNimbus SDK for Python.

A payment has two steps: `create_intent` reserves an amount on a card, `capture` takes
it. `void` releases an amount that was reserved and is not wanted any more.

    import paynimbus

    intent = paynimbus.create_intent(1250, "EUR", "invoice-2044", card_token=token)
    intent = paynimbus.capture(intent.id)
    assert intent.status == "captured"

Settings are read from the environment on every call:

PAYNIMBUS_MODE
    `sandbox` (the default) or `live`.
PAYNIMBUS_LEDGER
    Sandbox only: the file that keeps the intents. Default: `paynimbus-sandbox.jsonl`
    in the system's folder for temporary files.
PAYNIMBUS_API_URL, PAYNIMBUS_API_KEY
    Live only: see "API access" in the dashboard.

The sandbox works offline and moves no money. Every card token that begins with `tok_`
pays there, except `tok_declined` and `tok_expired`, which raise CardDeclined.
"""

import json
import os
import secrets
import tempfile
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

__version__ = "4.2.0"

__all__ = [
    "ApiError",
    "CardDeclined",
    "ConfigurationError",
    "IdempotencyConflict",
    "Intent",
    "IntentNotFound",
    "InvalidRequest",
    "InvalidState",
    "PayNimbusError",
    "capture",
    "create_intent",
    "void",
]

CURRENCIES = frozenset({"CHF", "EUR", "GBP", "SEK", "USD"})
DECLINED = {"tok_declined": "card_declined", "tok_expired": "expired_card"}
TIMEOUT = 20


class PayNimbusError(Exception):
    """Base class of all errors of this package."""


class ConfigurationError(PayNimbusError):
    """A setting is missing or has a value that is not known."""


class InvalidRequest(PayNimbusError):
    """An argument was refused; nothing was reserved."""


class CardDeclined(PayNimbusError):
    """The card's bank refused; nothing was reserved. `code` says why."""

    def __init__(self, code):
        super().__init__(f"card declined: {code}")
        self.code = code


class IdempotencyConflict(PayNimbusError):
    """The idempotency key was used before, with other arguments."""


class IntentNotFound(PayNimbusError):
    """There is no intent with this id."""


class InvalidState(PayNimbusError):
    """The intent was captured or voided before."""


class ApiError(PayNimbusError):
    """The service could not be reached or did not answer as expected.

    Whether the call took effect is not known. Repeat it: the idempotency key keeps
    `create_intent` from reserving twice, and `capture` takes an amount once.
    """


@dataclass(frozen=True)
class Intent:
    """An amount on a card. `status` is `authorized`, `captured` or `voided`."""

    id: str
    amount_cents: int
    currency: str
    idempotency_key: str
    status: str = "authorized"


def create_intent(amount_cents, currency, idempotency_key, *, card_token):
    """Reserve an amount on a card and return its Intent.

    A second call with the same idempotency key and arguments reserves nothing and
    returns the intent of the first call, in its present state.

    Raises InvalidRequest, CardDeclined, IdempotencyConflict or ApiError.
    """
    if isinstance(amount_cents, bool) or not isinstance(amount_cents, int) or amount_cents <= 0:
        raise InvalidRequest("amount_cents must be a positive integer")
    if currency not in CURRENCIES:
        raise InvalidRequest(f"currency must be one of {', '.join(sorted(CURRENCIES))}")
    if not isinstance(idempotency_key, str) or not 1 <= len(idempotency_key) <= 64:
        raise InvalidRequest("idempotency_key must be a string of 1 to 64 characters")
    return _backend().create_intent(amount_cents, currency, idempotency_key, card_token)


def capture(intent_id):
    """Take the whole amount of an authorized intent and return the Intent.

    Raises IntentNotFound, InvalidState or ApiError.
    """
    return _backend().close(intent_id, "capture", "captured")


def void(intent_id):
    """Release the amount of an authorized intent and return the Intent.

    Raises IntentNotFound, InvalidState or ApiError.
    """
    return _backend().close(intent_id, "void", "voided")


def _backend():
    mode = os.environ.get("PAYNIMBUS_MODE", "sandbox")
    if mode == "sandbox":
        default = Path(tempfile.gettempdir(), "paynimbus-sandbox.jsonl")
        return _Sandbox(Path(os.environ.get("PAYNIMBUS_LEDGER") or default))
    if mode == "live":
        url, key = (os.environ.get(f"PAYNIMBUS_API_{name}") for name in ("URL", "KEY"))
        if not url or not key:
            raise ConfigurationError("live mode needs PAYNIMBUS_API_URL and PAYNIMBUS_API_KEY")
        return _Live(url.rstrip("/"), key)
    raise ConfigurationError(f"PAYNIMBUS_MODE is {mode!r}, must be sandbox or live")


class _Sandbox:
    """Keeps intents in a file, one JSON object a line, oldest first."""

    def __init__(self, ledger):
        self.ledger = ledger

    def create_intent(self, amount_cents, currency, idempotency_key, card_token):
        if not isinstance(card_token, str) or not card_token.startswith("tok_"):
            raise InvalidRequest("card_token must be a token that begins with tok_")
        asked = (amount_cents, currency, card_token)
        for intent, token in self._intents().values():
            if intent.idempotency_key == idempotency_key:
                if (intent.amount_cents, intent.currency, token) != asked:
                    raise IdempotencyConflict(f"{idempotency_key} was used for another payment")
                return intent
        if card_token in DECLINED:
            raise CardDeclined(DECLINED[card_token])
        intent = Intent(f"pi_{secrets.token_hex(8)}", amount_cents, currency, idempotency_key)
        self._append({"event": "created", **asdict(intent), "card_token": card_token})
        return intent

    def close(self, intent_id, action, status):
        intent, _ = self._intents().get(intent_id, (None, None))
        if intent is None:
            raise IntentNotFound(f"no intent {intent_id}")
        if intent.status != "authorized":
            raise InvalidState(f"cannot {action} {intent_id}: it is {intent.status}")
        self._append({"event": status, "id": intent_id})
        return replace(intent, status=status)

    def _intents(self):
        intents = {}
        lines = self.ledger.read_text().splitlines() if self.ledger.exists() else []
        for entry in map(json.loads, lines):
            if entry["event"] == "created":
                fields = {name: entry[name] for name in Intent.__dataclass_fields__}
                intents[entry["id"]] = Intent(**fields), entry["card_token"]
            else:
                intent, token = intents[entry["id"]]
                intents[entry["id"]] = replace(intent, status=entry["event"]), token
        return intents

    def _append(self, entry):
        self.ledger.parent.mkdir(parents=True, exist_ok=True)
        entry["at"] = datetime.now(timezone.utc).isoformat(timespec="seconds")
        with self.ledger.open("a") as file:
            file.write(json.dumps(entry) + "\n")


class _Live:
    """Speaks to the service, API version 4."""

    ERRORS = {
        "idempotency_conflict": IdempotencyConflict,
        "intent_not_found": IntentNotFound,
        "invalid_request": InvalidRequest,
        "invalid_state": InvalidState,
    }

    def __init__(self, url, key):
        self.url, self.key = url, key

    def create_intent(self, amount_cents, currency, idempotency_key, card_token):
        body = {"amount_cents": amount_cents, "currency": currency, "card_token": card_token}
        return self._post("/v4/intents", body, {"Idempotency-Key": idempotency_key})

    def close(self, intent_id, action, status):
        return self._post(f"/v4/intents/{intent_id}/{action}", {}, {})

    def _post(self, path, body, headers):
        headers |= {
            "Authorization": f"Bearer {self.key}",
            "Content-Type": "application/json",
            "User-Agent": f"paynimbus-python/{__version__}",
        }
        request = urllib.request.Request(
            self.url + path, json.dumps(body).encode(), headers, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
                fields = json.load(answer)
            return Intent(**{name: fields[name] for name in Intent.__dataclass_fields__})
        except urllib.error.HTTPError as error:
            raise self._error(error) from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ApiError(f"no usable answer from {self.url}: {error}") from error

    def _error(self, error):
        try:
            problem = json.load(error)["error"]
            code, message = problem["code"], problem["message"]
        except (ValueError, KeyError, TypeError):
            return ApiError(f"HTTP status {error.code}")
        if error.code == 402:
            return CardDeclined(code)
        return self.ERRORS.get(code, ApiError)(message)
