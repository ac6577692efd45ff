"""What OpenAI's two APIs share: the SDK, where it is asked, and the key."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from promptverdict.providers.interface import TIMEOUT, Address, Api, BuildRequest, SdkClient
from promptverdict.trials.transcript import Answered, Block

if TYPE_CHECKING:
    import httpx2

MAX_TOKENS = 32_000
"""Far above the longest answer seen (some 12,000 tokens of code); reasoning counts as well."""


def build_api(
    path: str,
    *,
    limit_name: str,
    build_request: BuildRequest,
    split_request: Callable[[dict[str, Any]], dict[str, Any]],
    read_answer: Callable[[bytes], tuple[tuple[Block, ...], Answered]],
    force_tool: Callable[[str], dict[str, Any]],
    force_schema: Callable[[dict[str, Any]], dict[str, Any]],
) -> Api:
    """Build one of the two APIs of what only it has."""
    return Api(
        sdk="openai",
        key_variable="OPENAI_API_KEY",
        url="https://api.openai.com/v1",
        url_variable="OPENAI_BASE_URL",
        version_path="/v1",
        path=path,
        limit_name=limit_name,
        build_request=build_request,
        split_request=split_request,
        read_answer=read_answer,
        force_tool=force_tool,
        force_schema=force_schema,
        build_client=build_client,
    )


def build_client(http: httpx2.AsyncClient, address: Address, api_key: str) -> SdkClient:
    """Build the SDK's client. Retries are off: a slow answer must not be asked for twice."""
    from openai import AsyncOpenAI, OpenAIError

    client = AsyncOpenAI(
        api_key=api_key,
        base_url=address.base_url,
        default_query=address.query,
        timeout=TIMEOUT,
        max_retries=0,
        http_client=http,
    )
    return SdkClient(client, OpenAIError)
