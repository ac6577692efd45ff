"""Files that run inside the sandbox, with nothing but the standard library beside them."""
