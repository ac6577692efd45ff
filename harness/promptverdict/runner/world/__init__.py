"""Where a trial happens: in a live workspace of which everything is noted, or in a recording.

Both give the tool loop the same two things, and their difference ends here. `live` is imported only
where something is recorded: replay works without a sandbox, on every system.
"""
