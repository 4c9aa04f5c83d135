"""Function hooks that are ready to use: how long functions take, and what they see.

Calls `function_hook`, `variable` and `backend`.
Called by users only.
"""

from catenary.function_hooks.cuda_profile import CUDAProfileHook
from catenary.function_hooks.debug_print import PrintHook
from catenary.function_hooks.timer import TimerHook

__all__ = ["CUDAProfileHook", "PrintHook", "TimerHook"]
