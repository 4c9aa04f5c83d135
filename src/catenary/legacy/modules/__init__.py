"""Modules that Python or setuptools once had, as far as training programs used them.

Found under their old names when today's Python has none of its own. They may call the standard
library; called by the user's programs.
"""
