"""``python -m catenary.demo``."""

from __future__ import annotations

import sys

from catenary.demo.command import main

sys.exit(main())
