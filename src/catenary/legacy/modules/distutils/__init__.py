"""`distutils`, as far as training programs used it; setuptools has the whole of it."""

__version__ = "3.11"
