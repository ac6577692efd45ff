"""What tests/benchmarks/scale.py measures beside the product: a provider, the bare SDK, two peers.

Each is a program of its own; all ask for the same answers, of a provider on loopback. The provider
asks for TURNS calls of a tool before it answers, where the request offers one.
"""

from __future__ import annotations

WORDS = "Careful answers take a little longer than careless ones, and are worth the wait. "
PROMPT, ANSWER = WORDS * 5, WORDS * 30
TURNS = 10
TODOS = {"todos": [{"content": "Think it over", "status": "pending"}]}
_USAGE = {"input_tokens": 120, "output_tokens": 600}
_MESSAGE = {"type": "message", "role": "assistant", "model": "scripted", "stop_sequence": None}
TEXT = {
    "id": "msg_1",
    **_MESSAGE,
    "content": [{"type": "text", "text": ANSWER}],
    "stop_reason": "end_turn",
    "usage": _USAGE,
}
CALL = {
    "id": "msg_2",
    **_MESSAGE,
    "content": [{"type": "tool_use", "id": "toolu_NUMBER", "name": "TodoWrite", "input": TODOS}],
    "stop_reason": "tool_use",
    "usage": _USAGE,
}

SERVER = f"""\
import asyncio, json, sys
delay = float(sys.argv[1])
text, call = (json.dumps(answer).encode() for answer in ({TEXT!r}, {CALL!r}))

def reply(body):
    done = body.count(b'"tool_result"')
    is_text = done >= {TURNS} or b'"TodoWrite"' not in body
    answer = text if is_text else call.replace(b"NUMBER", b"%d" % done)
    kind = b"HTTP/1.1 200 OK\\r\\ncontent-type: application/json\\r\\n"
    return kind + b"content-length: %d\\r\\n\\r\\n" % len(answer) + answer

async def serve(reader, writer):
    try:
        while head := await reader.readuntil(b"\\r\\n\\r\\n"):
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\\r\\n")[1:-2])
            body = await reader.readexactly(int(fields[b"content-length"]))
            await asyncio.sleep(delay)
            writer.write(reply(body))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()

async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""

BARE = f"""\
# One client for all trials, as anybody would write it: each of its own would make a TLS context.
import asyncio, json, sys
import httpx2
from anthropic import AsyncAnthropic
count, at_once, url, has_tool = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:]
ANSWER = json.dumps({TEXT!r})
TOOL = {{"name": "TodoWrite", "description": "Keep a list.", "input_schema": {{
    "type": "object", "properties": {{"todos": {{"type": "array"}}}}}}}}

def reply(request):
    return httpx2.Response(200, text=ANSWER, headers={{"content-type": "application/json"}})

async def trial(client, gate, number):
    messages = [{{"role": "user", "content": f"Please help with request {{number}}."}}]
    more = {{"tools": [TOOL]}} if has_tool else {{}}
    async with gate:
        while True:
            answer = await client.messages.create(
                model="scripted", max_tokens=8192, system={PROMPT!r}, timeout=60,
                messages=messages, **more)
            calls = [block for block in answer.content if block.type == "tool_use"]
            if not calls:
                assert "worth the wait" in answer.content[0].text
                return
            messages += [{{"role": "assistant", "content": answer.content}}, {{
                "role": "user", "content": [
                    {{"type": "tool_result", "tool_use_id": call.id, "content": "Noted."}}
                    for call in calls]}}]

async def main():
    gate = asyncio.Semaphore(at_once)
    more = {{"base_url": url}}
    if url == "replay":
        transport = httpx2.MockTransport(reply)
        more = {{"http_client": httpx2.AsyncClient(transport=transport, trust_env=False)}}
    async with AsyncAnthropic(api_key="none", max_retries=0, **more) as client:
        await asyncio.gather(*(trial(client, gate, number) for number in range(count)))

asyncio.run(main())
"""

PYDANTIC_EVALS = f"""\
import sys
from pydantic_ai import Agent
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_evals import Case, Dataset
from pydantic_evals.evaluators import Contains
count, at_once, url, has_tool = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:]
model = AnthropicModel(
    "scripted", provider=AnthropicProvider(api_key="none", base_url=url))
agent = Agent(model, instructions={PROMPT!r}, model_settings={{"max_tokens": 8192}})
if has_tool:
    @agent.tool_plain(name="TodoWrite")
    def keep(todos: list[dict[str, str]]) -> str:
        return "Noted."

async def ask(text):
    return (await agent.run(text)).output

cases = [Case(name=str(n), inputs=f"Please help with request {{n}}.") for n in range(count)]
dataset = Dataset(name="many", cases=cases, evaluators=[Contains("worth the wait")])
report = dataset.evaluate_sync(ask, max_concurrency=at_once, progress=False)
assert len(report.cases) == count and not report.failures
assert all(all(found.value for found in case.assertions.values()) for case in report.cases)
"""

VCR_TEST = f"""\
import pytest
from anthropic import Anthropic

@pytest.fixture(scope="module")
def client():
    return Anthropic(api_key="none", max_retries=0)

@pytest.mark.vcr
@pytest.mark.parametrize("number", range(COUNT))
def test_kind(client, number):
    answer = client.messages.create(
        model="scripted", max_tokens=8192, system={PROMPT!r}, timeout=60,
        messages=[{{"role": "user", "content": f"Please help with request {{number}}."}}])
    assert "worth the wait" in answer.content[0].text
"""
