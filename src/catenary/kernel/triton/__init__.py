"""The CUDA backend: passes spelled as Triton kernels that read everything from device tables.

A pass is one launch a table, whatever the number of tensors: addresses, scalars, norms and the
decision to skip lie on the device. `launch` binds tables to it; it calls `schedule` and `table` as
the other backends do, and imports Triton at the first kernel.
"""

from catenary.kernel.triton.runner import TritonRunner, can_launch
from catenary.kernel.triton.step import DeviceStep, Later, can_step

__all__ = ["DeviceStep", "Later", "TritonRunner", "can_launch", "can_step"]
