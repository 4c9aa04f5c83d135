"""Formulas made to run: the schedule, the tables of tensors, the launch, and the backends.

A `Schedule` says in which passes a program runs, a `Table` holds the tensors and scalars it runs
over, and a backend runs one pass over one table; they know nothing of each other's insides. This
room knows dtypes and devices and calls `expr` and torch; `optimizer` fills tables and launches
them.
"""

from catenary.kernel.launch import Step, Whole, bound
from catenary.kernel.outcome import Launch
from catenary.kernel.schedule import Pass, Schedule, schedule
from catenary.kernel.storage import Kind, Storage
from catenary.kernel.table import Table, aligned, is_dense
from catenary.kernel.tensors import Tensors
from catenary.kernel.triton import DeviceStep, Later

__all__ = [
    "DeviceStep", "Kind", "Later", "Launch", "Pass", "Schedule", "Step", "Storage", "Table",
    "Tensors", "Whole", "aligned", "bound", "is_dense", "schedule",
]  # fmt: skip
