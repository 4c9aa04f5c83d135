"""Take Chainer's name: after ``import catenary.as_chainer``, ``import chainer`` means catenary.

A program written for Chainer runs unmodified: `chainer.Variable` is `catenary.Variable`,
`chainer.functions` is `catenary.functions`, and pickles made under Chainer's names load.
Child processes follow, however they are started. Tests of such a program run with
``pytest -p catenary.as_chainer``, programs themselves with ``catenary run``.

It may call `standin`, which does the work; called by users.
"""

from __future__ import annotations

from catenary.standin.importing import install
from catenary.standin.names import CHAINER_VERSION

__all__ = ["CHAINER_VERSION", "install"]

install()
