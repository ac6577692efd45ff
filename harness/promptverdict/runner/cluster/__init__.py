"""Recording on many machines: trials go out, recordings come back. Ray is known to one module."""
