"""What test runners print, one module a runner's output: text in, counted runs out.

Nothing here knows a trial: where a run stands in one, and what it proves, is decided above.
"""
