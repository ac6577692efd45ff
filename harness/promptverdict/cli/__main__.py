"""`python -m promptverdict.cli`: the same as the command."""

import sys

from promptverdict.cli.entry import main

sys.exit(main())
