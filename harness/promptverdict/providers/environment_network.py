"""The network as the environment says: through the proxies of HTTP_PROXY, HTTPS_PROXY, NO_PROXY."""

from __future__ import annotations

import ssl
from urllib.parse import urlsplit

import httpx2

from promptverdict.core.errors import ProviderError


class EnvironmentNetwork(httpx2.AsyncBaseTransport):
    """Sends requests as both SDKs do by default, so that what works with them works here.

    A client stands behind it, since only clients know proxies; it follows no redirects. direct: an
    address that is asked without a proxy whatever the environment says: the relay of this machine.
    Raises ProviderError for proxies that cannot be used.
    """

    def __init__(self, verify: ssl.SSLContext, direct: str) -> None:
        place = urlsplit(direct)
        origin = f"{place.scheme}://{place.netloc.rpartition('@')[2]}"
        # A mount of its own address goes before the proxies, which are mounted by scheme.
        # Without limits of its own: how many ask at once is for the throttle to say.
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
        mounts = {origin: httpx2.AsyncHTTPTransport(verify=verify, limits=limits)}
        try:
            self._client = httpx2.AsyncClient(
                verify=verify, mounts=mounts, timeout=None, limits=limits
            )
        except (ValueError, ImportError, httpx2.InvalidURL) as error:
            raise ProviderError(
                f"the proxies of the environment cannot be used: {error}\n"
                "  mend or unset HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY"
            ) from error

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; its own timeouts hold."""
        return await self._client.send(request, stream=True)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()
