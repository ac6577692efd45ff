"""Find and read what people wrote: agents, suites and scenarios."""

from harness.loading.agents import load_agents

__all__ = ["load_agents"]
