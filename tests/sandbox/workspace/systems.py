"""The systems that a test needs."""

from __future__ import annotations

import os

import pytest

NEEDS_POSIX = pytest.mark.skipif(os.name != "posix", reason="workspaces live on POSIX systems")

NEEDS_ROOT = pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs root")
