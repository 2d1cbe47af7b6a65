# SPDX-License-Identifier: Apache-2.0
"""npuhal: libhal for Python. One API for Ascend NPUs and their simulators. Shared memory is used without copies.

>>> import numpy as np, npuhal
>>> with npuhal.open("a2a3-sim") as worker:
...     add = worker.load("vector_add.so").kernel("vector_add")
...     worker.run(add, npuhal.In(a), npuhal.In(b), npuhal.Out(c), np.uint32(a.size), block_count=8)
"""

from ._arguments import Address, DeviceMemory, DeviceTensor, In, InOut, Out
from ._core import VERSION as __version__
from ._errors import (
    BackendUnavailable,
    Busy,
    DeviceLost,
    Error,
    FailedPrecondition,
    InvalidArgument,
    KernelFault,
    KernelTimeout,
    NotFound,
    OutOfMemory,
    OutOfRange,
    PermissionDenied,
    Timeout,
    Unsupported,
)
from ._kernels import Kernel, KernelBinary
from ._memory import SharedMemory, empty_pages
from ._probe import backends
from ._worker import (
    ChipWorker,
    free_host_device_share_mem,
    malloc_host_device_share_mem,
    open,
)

__all__ = [
    "Address",
    "BackendUnavailable",
    "Busy",
    "ChipWorker",
    "DeviceLost",
    "DeviceMemory",
    "DeviceTensor",
    "Error",
    "FailedPrecondition",
    "In",
    "InOut",
    "InvalidArgument",
    "Kernel",
    "KernelBinary",
    "KernelFault",
    "KernelTimeout",
    "NotFound",
    "Out",
    "OutOfMemory",
    "OutOfRange",
    "PermissionDenied",
    "SharedMemory",
    "Timeout",
    "Unsupported",
    "__version__",
    "backends",
    "empty_pages",
    "free_host_device_share_mem",
    "malloc_host_device_share_mem",
    "open",
]

for _name in __all__:
    _public = globals()[_name]
    if isinstance(_public, type):
        _public.__module__ = __name__  # messages show the public name
del _name, _public
