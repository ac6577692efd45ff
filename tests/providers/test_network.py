"""A request is made again where that may help, and not where it cannot; nothing really waits."""

from __future__ import annotations

import asyncio
import json
import random
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx2
import pytest
from promptverdict.core.errors import HarnessError, ProviderError, RateLimited, RefusedByProvider
from promptverdict.providers.anthropic.api import read_answer
from promptverdict.providers.network import PatientTransport, RelayTransport, open_route
from promptverdict.providers.refusals import read_retry_after
from promptverdict.providers.throttle import Patience, Throttle

from tests.cases import try_cases
from tests.fakes import say
from tests.faulty import FlyingTime, Reply, error, message, stream_of, streamed, throttle

MODEL = "anthropic/claude-x"
GOOD = message(say("Hi."))
Step = Reply | Exception


class Network(httpx2.AsyncBaseTransport):
    """Gives what it is told, in order; the last of it for ever."""

    def __init__(self, *steps: Step) -> None:
        self._steps, self.asked = list(steps), 0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.asked += 1
        assert await request.aread() == b"{}"
        step = self._steps.pop(0) if len(self._steps) > 1 else self._steps[0]
        if isinstance(step, Exception):
            raise step
        return httpx2.Response(step.status, headers=step.headers, content=step.body)


def ask(
    network: Network, time: FlyingTime | None = None, shared: Throttle | None = None
) -> httpx2.Response:
    shared = shared or throttle(time or FlyingTime())
    request = httpx2.Request("POST", "https://user:word@api.example.org/v1/messages", content="{}")
    return asyncio.run(PatientTransport(MODEL, network, shared).handle_async_request(request))


def refused(network: Network, shared: Throttle | None = None) -> HarnessError:
    with pytest.raises(HarnessError) as caught:
        ask(network, shared=shared)
    assert len(str(caught.value).splitlines()) <= 3
    return caught.value


def caused(outer: Exception, cause: Exception) -> Exception:
    outer.__cause__ = cause
    return outer


@try_cases("status", [408, 409, 429, 500, 502, 503, 504, 520, 529])
def test_a_passing_refusal_is_asked_again_and_the_answer_given(status: int) -> None:
    network = Network(error("api_error", status=status), GOOD)
    assert ask(network).content == GOOD.body
    assert network.asked == 2


@try_cases(
    "fault",
    [
        httpx2.ConnectError("refused"),
        caused(httpx2.ConnectError("no such host"), OSError("gaierror")),
        caused(httpx2.ConnectError("cut"), ssl.SSLEOFError("EOF occurred")),
        httpx2.ConnectTimeout("slow"),
        httpx2.ReadTimeout("slow"),
        httpx2.ReadError("reset"),
        httpx2.WriteError("reset"),
        httpx2.RemoteProtocolError("cut"),
        httpx2.DecodingError("not gzip"),
        streamed(*stream_of("Hi.")[:-1]),
        streamed(*stream_of("Hi.")[:3]),
        streamed({"type": "error", "error": {"type": "overloaded_error", "message": "Busy"}}),
        Reply(b'{"error": {"code": 502, "message": "Bad gateway"}}'),
    ],
    ids=lambda fault: f"{type(fault).__name__}-{fault}"[:60],
)
def test_what_broke_off_is_asked_again_as_a_whole(fault: Step) -> None:
    network = Network(fault, fault, GOOD)
    assert ask(network).content == GOOD.body
    assert network.asked == 3


@try_cases("status", [307, 400, 413, 422])
def test_what_is_wrong_with_the_request_itself_is_told_at_once(status: int) -> None:
    network = Network(error("invalid_request_error", "It is wrong", status=status))
    told = refused(network)
    assert type(told) is ProviderError
    assert f"refused the request of {MODEL}, HTTP {status}: It is wrong" in str(told)
    assert network.asked == 1


@try_cases(
    ("status", "words", "cure"),
    [
        (
            400,
            "'max_tokens' or 'max_completion_tokens' is too large: 32000. This model's maximum"
            " context length is 8192 tokens and your request has 20 input tokens",
            "ask for fewer output tokens in pyproject.toml:"
            f' [tool.promptverdict.parameters."{MODEL}"] max_tokens = 4096',
        ),
        (
            400,
            "This model's maximum context length is 8192 tokens. However, you requested 32020"
            " tokens (20 in the messages, 32000 in the completion).",
            "ask for fewer output tokens",
        ),
        (400, "max_tokens: 32000 > 8192, which is the maximum allowed", "fewer output tokens"),
    ],
)
def test_a_limit_that_no_request_can_meet_stops_the_run_and_names_the_cure(
    status: int, words: str, cure: str
) -> None:
    shared = throttle(FlyingTime())
    told = refused(Network(error("invalid_request_error", words, status)), shared)
    assert isinstance(told, RefusedByProvider)
    assert words[:100] in str(told)
    assert cure in str(told)
    assert shared.build_stop() is not None


@try_cases(
    ("status", "words", "cure"),
    [
        (400, "the request exceeds the available context size", "fewer output tokens"),
        (400, "prompt is too long: 9 tokens > 8 maximum", "shorten prompt and task"),
        (400, "model '/models/x.gguf' not found", "name the model as its server does"),
        (400, "tools param requires --jinja flag", "offer no tools"),
        (400, "Unsupported parameter: 'seed'", "change or remove a parameter"),
        (422, "odd", "check the server at ANTHROPIC_BASE_URL"),
    ],
)
def test_a_refusal_of_the_first_request_is_a_fault_with_the_servers_words_and_a_cure(
    status: int, words: str, cure: str
) -> None:
    shared = throttle(FlyingTime())
    told = refused(Network(error("invalid_request_error", words, status)), shared)
    assert type(told) is ProviderError
    assert words in str(told)
    assert cure in str(told)
    assert shared.build_stop() is None


@try_cases(
    ("words", "grew"),
    [
        ("maximum context length is 40000 tokens and your request has 9000 input tokens", False),
        ("maximum context length is 40000 tokens and your request has 39000 input tokens", True),
        (
            "maximum context length is 8,192 tokens. However, you requested 33,000 tokens (1,000"
            " in the messages, 32,000 in the completion).",
            False,
        ),
        ("input length and `max_tokens` exceed context limit: 190000 + 32000 > 200000", True),
        ("input length and `max_tokens` exceed context limit: 9000 + 32000 > 40000", False),
        ("the request exceeds the available context size", True),
    ],
)
def test_a_later_refusal_is_an_overflow_unless_the_conversation_leaves_room(
    words: str, grew: bool
) -> None:
    network = Network(GOOD, error("invalid_request_error", words, 400))
    transport = PatientTransport(MODEL, network, throttle(FlyingTime()))
    request = httpx2.Request("POST", "https://api.example.org/v1/messages", content="{}")

    async def twice() -> int:
        await transport.handle_async_request(request)
        return (await transport.handle_async_request(request)).status_code

    if grew:
        assert asyncio.run(twice()) == 400
    else:
        with pytest.raises(ProviderError, match="ask for fewer output tokens"):
            asyncio.run(twice())


def test_only_a_conversation_that_has_grown_can_be_too_long() -> None:
    long = error("invalid_request_error", "prompt is too long: 9 tokens > 8 maximum", 400)
    network = Network(GOOD, long)
    transport = PatientTransport(MODEL, network, throttle(FlyingTime()))
    request = httpx2.Request("POST", "https://api.example.org/v1/messages", content="{}")

    async def twice() -> list[int]:
        return [(await transport.handle_async_request(request)).status_code for _ in range(2)]

    assert asyncio.run(twice()) == [200, 400]


@try_cases(
    "body",
    [
        b"<html>proxy</html>",
        b"",
        b'{"type": "message", "content": [',
        b'{"error": {"code": 401, "message": "No"}}',
        b'{"error": {"code": "invalid_prompt", "message": "No"}}',
        GOOD.body,
    ],
)
def test_a_plain_body_is_passed_on_as_it_came(body: bytes) -> None:
    network = Network(Reply(body))
    assert ask(network).content == body
    assert network.asked == 1


def test_a_whole_stream_is_passed_on() -> None:
    network = Network(streamed(*stream_of("Hi.")))
    assert read_answer(ask(network).content)[0][0].text == "Hi."  # type: ignore[union-attr]
    assert network.asked == 1


@try_cases(
    ("kind", "told"),
    [
        ("invalid_request_error", "messages: wrong"),
        ("invalid_request_error", "prompt is too long: 200001 tokens"),
        ("api_error", "prompt is too long: 200001 tokens"),
        ("authentication_error", "no"),
    ],
)
def test_a_stream_that_breaks_off_for_a_lasting_reason_is_passed_on(kind: str, told: str) -> None:
    network = Network(streamed({"type": "error", "error": {"type": kind, "message": told}}))
    ask(network)
    assert network.asked == 1


@try_cases(
    "event",
    [
        {"type": "response.failed", "response": {"error": {"code": "invalid_prompt"}}},
        {"type": "error", "code": "insufficient_quota", "message": "Check your plan"},
        {"error": {"code": 401, "message": "No"}},
    ],
)
def test_other_apis_name_a_lasting_reason_elsewhere(event: dict[str, object]) -> None:
    network = Network(streamed(event))
    ask(network)
    assert network.asked == 1


def test_a_certificate_that_is_not_trusted_is_told_at_once_on_one_line() -> None:
    wrong = ssl.SSLCertVerificationError("certificate has expired")
    network = Network(caused(httpx2.ConnectError("certificate has expired"), wrong))
    told = refused(network)
    assert str(told).splitlines() == [
        "https://api.example.org cannot be asked: ConnectError: certificate has expired"
    ]
    assert network.asked == 1


def test_an_answer_longer_than_fits_is_not_asked_for_again() -> None:
    big = Network(Reply(b"x" * (33 * 2**20)))
    assert "longer than" in str(refused(big))
    assert big.asked == 1


@try_cases(
    ("reply", "told"),
    [
        (error("authentication_error", "invalid x-api-key", 401), "the key is not accepted"),
        (error("billing_error", "Pay", 402), "there is no credit"),
        (error("permission_error", "Not this", 403), "the key may not do this"),
        (error("not_found_error", "model: claude-y", 404), "model: claude-y"),
        (
            error("invalid_request_error", "Your credit balance is too low to", 400),
            "there is no credit",
        ),
        (
            Reply(b'{"error": {"code": "insufficient_quota", "message": "Plan"}}', 429),
            "there is no credit",
        ),
        (Reply(b"<html>\n<b>Denied</b>", 403), "<html> <b>Denied</b>"),
    ],
)
def test_what_every_request_would_meet_stops_the_run(reply: Reply, told: str) -> None:
    shared = throttle(FlyingTime())
    network = Network(reply)
    first = refused(network, shared)
    assert isinstance(first, RefusedByProvider)
    assert told in str(first)
    again = refused(network, shared)
    assert isinstance(again, RefusedByProvider)
    assert str(again).startswith("not asked, since the run was stopped: https://api.example.org")
    assert len(str(again).splitlines()) == 1
    assert network.asked == 1


def test_backoff_doubles_to_its_longest_and_ends() -> None:
    time, network = FlyingTime(), Network(error("overloaded_error", "Busy", 529))
    with pytest.raises(ProviderError, match=r"after 11 requests and 303 seconds.*529: Busy"):
        ask(network, time)
    assert time.slept == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]
    assert network.asked == 11


def test_backoff_is_drawn_from_zero_to_the_longest_wait() -> None:
    draw = random.Random(1)
    waits = [Patience().compute_wait(3, None, draw.random()) for _ in range(1000)]
    assert 0 <= min(waits) < 0.1
    assert 7.9 < max(waits) < 8
    assert Patience().compute_wait(10_000, None, 1.0) == 60


@try_cases(
    ("value", "waits"),
    [("20", [20]), ("0", [1]), ("-5", [1]), ("soon", [1]), ("nan", [1]), ("0.5", [1])],
)
def test_what_the_provider_says_to_wait_is_waited_and_never_less_than_our_own(
    value: str, waits: list[float]
) -> None:
    time = FlyingTime()
    ask(Network(error("rate_limit_error", status=429, retry_after=value), GOOD), time)
    assert time.slept == waits


@try_cases("value", ["86400", "1e400", "Fri, 31 Dec 2199 23:59:59 GMT"])
def test_an_absurd_wait_is_ten_minutes_and_then_the_run_is_stopped(value: str) -> None:
    time = FlyingTime()
    shared = throttle(time)
    network = Network(error("rate_limit_error", status=429, retry_after=value))
    told = refused(network, shared)
    assert isinstance(told, RateLimited)
    assert str(told).startswith("rate limited by https://api.example.org: no answer to any trial")
    assert "says how to record it later" in str(told)
    assert time.slept == [600]
    assert isinstance(refused(network, shared), RefusedByProvider)
    assert network.asked == 2


def test_a_limit_of_one_request_alone_does_not_stop_the_run() -> None:
    shared = throttle(FlyingTime())
    assert isinstance(refused(Network(error("rate_limit_error", status=429)), shared), RateLimited)
    assert ask(Network(GOOD), shared=shared).status_code == 200


@try_cases("step", [httpx2.ConnectError("down"), error("api_error", status=500)])
def test_ten_minutes_without_an_answer_to_any_trial_stop_the_run(step: Step) -> None:
    shared = throttle(FlyingTime())
    first, second = Network(step), Network(step)
    assert "after 11 requests" in str(refused(first, shared))
    assert "no answer to any trial for 600 seconds" in str(refused(second, shared))
    assert "run was stopped" in str(refused(Network(GOOD), shared))


def test_an_answer_to_one_trial_keeps_the_others_going() -> None:
    shared = throttle(FlyingTime())
    for _ in range(4):
        assert "after 11 requests" in str(refused(Network(error("no", status=500)), shared))
        assert ask(Network(GOOD), shared=shared).status_code == 200


@try_cases(("ahead", "seconds"), [(timedelta(seconds=90), 90), (-timedelta(days=900), 0)])
def test_a_wait_is_read_from_a_date(ahead: timedelta, seconds: float) -> None:
    now = datetime(2030, 1, 1, 12, 0, 0, tzinfo=UTC)
    headers = httpx2.Headers({"retry-after": format_datetime(now + ahead, usegmt=True)})
    assert read_retry_after(headers, now.timestamp) == seconds


def test_an_answer_that_takes_too_long_is_asked_for_again() -> None:
    class Hanging(Network):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            response = await super().handle_async_request(request)
            if self.asked == 1:
                await asyncio.Event().wait()
            return response

    network = Hanging(GOOD)
    shared = throttle(FlyingTime(), Patience(answer=0.02))
    assert ask(network, shared=shared).content == GOOD.body
    assert network.asked == 2


def test_each_request_of_a_trial_is_given_the_whole_patience() -> None:
    shared = throttle(FlyingTime(), Patience(retries=1))
    bad = error("api_error", status=500)
    network = Network(bad, GOOD, bad, GOOD)
    assert [ask(network, shared=shared).status_code for _ in range(2)] == [200, 200]


def test_connecting_is_given_up_long_before_an_answer_is() -> None:
    class Noting(Network):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            assert request.extensions["timeout"] == {"connect": 30.0, "read": 3600.0}
            return await super().handle_async_request(request)

    async def once() -> None:
        request = httpx2.Request(
            "POST",
            "https://api.example.org",
            content="{}",
            extensions={"timeout": {"connect": 3600.0, "read": 3600.0}},
        )
        shared = throttle(FlyingTime())
        await PatientTransport(MODEL, Noting(GOOD), shared).handle_async_request(request)

    asyncio.run(once())


def in_turns(shared: Throttle, number: int, work: Callable[[int, int], None]) -> list[int]:
    """Let so many requests ask for a turn at once; give how many were in flight at each start."""
    running, seen = 0, []

    async def one(which: int) -> None:
        nonlocal running
        async with shared.hold_turn() as round_:
            running += 1
            seen.append(running)
            for _ in range(3):
                await asyncio.sleep(0)
            running -= 1
            work(which, round_)

    async def many() -> None:
        await asyncio.gather(*(one(which) for which in range(number)))

    asyncio.run(many())
    return seen


def test_requests_refused_together_halve_what_is_in_flight_once_only() -> None:
    shared = throttle(FlyingTime())
    refused_all = in_turns(shared, 40, lambda _which, round_: shared.slow_down(round_, None))
    assert max(refused_all) == 40
    assert max(in_turns(shared, 40, lambda _which, _round: None)) == 20


def test_what_is_in_flight_never_falls_below_one() -> None:
    shared = throttle(FlyingTime())
    for _ in range(3):
        in_turns(shared, 2, lambda _which, round_: shared.slow_down(round_, None))
    assert max(in_turns(shared, 5, lambda _which, _round: None)) == 1


def test_one_more_may_be_in_flight_after_each_round_of_answers() -> None:
    shared = throttle(FlyingTime())
    in_turns(shared, 8, lambda _which, round_: shared.slow_down(round_, None))
    for round_of in (4, 5, 6):
        assert max(in_turns(shared, 12, lambda _which, _round: None)) == round_of
        for _ in range(round_of):
            shared.succeed()


def test_refusals_slow_the_requests_of_all_trials_and_answers_quicken_them() -> None:
    class Crowd(httpx2.AsyncBaseTransport):
        def __init__(self) -> None:
            self.running, self.loads, self.reply = 0, list[int](), GOOD

        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            self.running += 1
            self.loads.append(self.running)
            for _ in range(3):
                await asyncio.sleep(0)
            self.running -= 1
            return httpx2.Response(self.reply.status, content=self.reply.body)

    crowd, shared = Crowd(), throttle(FlyingTime(), Patience(retries=0))

    async def many() -> list[int]:
        crowd.loads = []
        asked = [
            PatientTransport(MODEL, crowd, shared).handle_async_request(
                httpx2.Request("POST", "https://api.example.org", content="{}")
            )
            for _ in range(16)
        ]
        await asyncio.gather(*asked, return_exceptions=True)
        return crowd.loads

    async def scene() -> None:
        assert max(await many()) == 16
        crowd.reply = error("overloaded_error", status=529)
        await many()
        crowd.reply = GOOD
        assert 8 <= max(await many()) < 12
        for _ in range(8):
            await many()
        assert max(await many()) == 16

    asyncio.run(scene())


def test_nothing_new_is_asked_before_a_pause_is_over() -> None:
    time = FlyingTime()
    shared = throttle(time)
    in_turns(shared, 1, lambda _which, round_: shared.slow_down(round_, 30.0))
    started = []
    in_turns(shared, 3, lambda _which, _round: started.append(time.now))
    assert min(started) >= 30


def test_who_waits_for_a_turn_hears_that_the_run_was_stopped() -> None:
    shared = throttle(FlyingTime())
    in_turns(shared, 2, lambda _which, round_: shared.slow_down(round_, None))

    async def one() -> None:
        async with shared.hold_turn():
            await asyncio.sleep(0)
            shared.stop(RefusedByProvider("no\n  cure"))

    async def many() -> list[BaseException | None]:
        return await asyncio.gather(*(one() for _ in range(5)), return_exceptions=True)

    results = asyncio.run(many())
    assert results[0] is None
    assert {str(one) for one in results[1:]} == {"not asked, since the run was stopped: no"}


def test_a_cancelled_request_gives_its_turn_back() -> None:
    shared = throttle(FlyingTime())
    in_turns(shared, 2, lambda _which, round_: shared.slow_down(round_, None))

    async def scene() -> None:
        async def hang() -> None:
            async with shared.hold_turn():
                await asyncio.Event().wait()

        task = asyncio.create_task(hang())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with asyncio.timeout(5), shared.hold_turn():
            pass

    asyncio.run(scene())


def test_a_relay_is_asked_once_and_its_absence_told() -> None:
    network = Network(httpx2.ConnectError("refused"))
    transport = open_route("relay/claude", network, throttle(FlyingTime()))
    request = httpx2.Request("POST", "http://127.0.0.1:8765/v1/messages", content="{}")
    with pytest.raises(ProviderError, match=r"^no relay answers at http://127.0.0.1:8765") as told:
        asyncio.run(transport.handle_async_request(request))
    assert "promptverdict relay serve" in str(told.value)
    assert network.asked == 1


def test_a_model_that_a_relay_does_not_serve_is_named_in_three_lines() -> None:
    said = "model: relay/you (this relay is relay/me)"
    network = Network(error("not_found_error", said, status=404))
    transport = open_route("relay/you", network, throttle(FlyingTime()))
    request = httpx2.Request("POST", "http://127.0.0.1:8765/v1/messages", content="{}")
    with pytest.raises(ProviderError) as caught:
        asyncio.run(transport.handle_async_request(request))
    assert str(caught.value).splitlines() == [
        f"http://127.0.0.1:8765 does not answer for relay/you: {said}",
        "  correct --model or [tool.promptverdict.models], or start a relay of this name:"
        " promptverdict relay serve --name you",
        "  the end of the run says how to record it later",
    ]
    assert network.asked == 1


@try_cases("step", [error("overloaded_error", status=529), error("no", status=401)])
def test_what_a_relay_says_is_passed_on(step: Reply) -> None:
    network = Network(step)
    request = httpx2.Request("POST", "http://127.0.0.1:8765/v1/messages", content="{}")
    answer = asyncio.run(RelayTransport("relay/claude", network).handle_async_request(request))
    assert answer.status_code == step.status
    assert network.asked == 1
    assert isinstance(json.loads(answer.content), dict)
