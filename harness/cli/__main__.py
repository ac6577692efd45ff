"""`python -m harness.cli`: the same as the command."""

import sys

from harness.cli.entry import main

sys.exit(main())
