"""Course fees of an evening school."""
