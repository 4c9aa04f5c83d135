"""Give our docstrings to griffe as it expects them: we write `Example:`, it knows `Examples:`."""

from __future__ import annotations

import re
from typing import Any

import griffe

HEADING = re.compile(r"^Example:$", re.MULTILINE)


class Docstrings(griffe.Extension):
    """Renames the heading, so that an example becomes code."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Look at one object's docstring, as soon as it is read."""
        if obj.docstring is not None:
            obj.docstring.value = HEADING.sub("Examples:", obj.docstring.value)
