"""`chainermn` with one process: programs written for many processes start, and train alone.

What copies between processes gives back what it got; what needs a second process raises. It may
call the front door; called, under ChainerMN's name, by the user's programs.
"""

from __future__ import annotations

import sys

from catenary.standin import importing
from catenary.standin.names import CHAINER_VERSION

from . import communicators, datasets, extensions, functions, iterators, links, optimizers
from .communicators import CommunicatorBase, create_communicator
from .datasets import DataSizeError, scatter_dataset, scatter_index
from .extensions import create_multi_node_checkpointer, create_multi_node_evaluator
from .links import MultiNodeChainList
from .optimizers import create_multi_node_optimizer

__all__ = [
    "CommunicatorBase",
    "DataSizeError",
    "MultiNodeChainList",
    "communicators",
    "create_communicator",
    "create_multi_node_checkpointer",
    "create_multi_node_evaluator",
    "create_multi_node_optimizer",
    "datasets",
    "extensions",
    "functions",
    "iterators",
    "links",
    "optimizers",
    "scatter_dataset",
    "scatter_index",
]

__version__ = CHAINER_VERSION

importing.complete(sys.modules[__name__], "chainermn")
