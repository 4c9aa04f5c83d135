"""`python -m catenary` is the command `catenary`."""

from __future__ import annotations

import sys

from catenary.cli import main

sys.exit(main())
