"""What all trials of a run share and open only when one needs it: the sandbox, ways to providers.

Safe to ask from several threads at once.
"""

from __future__ import annotations

import threading
from functools import cached_property
from typing import TYPE_CHECKING

from promptverdict.runner.budget import Budget
from promptverdict.runner.world.base import RunContext
from promptverdict.sandbox import (
    make_trial_folders,
    open_sandbox,
    remove_old_trial_folders,
    remove_trial_folders,
)
from promptverdict.settings import Settings

if TYPE_CHECKING:
    import ssl

    import httpx2

    from promptverdict.providers.environment_network import EnvironmentNetwork
    from promptverdict.providers.shared_network import SharedNetwork
    from promptverdict.sandbox import Sandbox


class Resources:
    """One run's sandbox and network."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._shared: SharedNetwork | None = None

    def build_context(self) -> RunContext:
        """Return what the run's trials share."""
        return RunContext(
            self._open_sandbox,
            self.lend_network,
            self._settings.relay,
            self._settings.prices,
            budget=Budget(self._settings.max_cost),
            close_network=self._close_network,
        )

    def sweep(self) -> None:
        """Remove the folders of trials whose process was killed."""
        remove_old_trial_folders()

    def prove_sandbox(self) -> None:
        """Open the sandbox and a trial's folders, before anything is paid for.

        Raises SandboxError.
        """
        self._open_sandbox()
        remove_trial_folders(make_trial_folders())

    def _open_sandbox(self) -> Sandbox:
        """Open the sandbox once; every trial that needs one waits for the same."""
        with self._lock:
            return self._opened

    def lend_network(self) -> httpx2.AsyncBaseTransport:
        """Lend a way over the one network of the run. Raises ProviderError."""
        from promptverdict.providers.shared_network import SharedNetwork

        self._shared = self._shared or SharedNetwork(self.open_network)
        return self._shared.lend()

    async def _close_network(self) -> None:
        if self._shared:
            await self._shared.aclose()

    def open_network(self) -> EnvironmentNetwork:
        """Open a network; all share one TLS context, since making one takes long."""
        from promptverdict.providers.environment_network import EnvironmentNetwork

        with self._lock:
            verified = self._tls
        return EnvironmentNetwork(verified, self._settings.relay)

    @cached_property
    def _opened(self) -> Sandbox:
        return open_sandbox(self._settings.sandbox, self._settings.sandbox_image)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        import httpx2

        return httpx2.create_ssl_context()
