"""Are all files as they were found?"""

from probekit import changes, check

found = changes()
touched = [*found.added, *found.changed, *found.removed]
check("files-as-found", not touched, f"changed: {', '.join(touched) or 'none'}")
