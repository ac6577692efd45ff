"""Suites and scenarios: what people write about a situation, found, read and checked."""
