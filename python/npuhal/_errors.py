# SPDX-License-Identifier: Apache-2.0
"""The exceptions of npuhal. Each is also a built-in exception of Python where one has the same meaning."""

from __future__ import annotations

from typing import Optional

from ._python_names import hint_in_python, in_python


class Error(Exception):
    """A failed call of libhal, with its details.

    str() is "STATUS in function (component): message [domain code]". A second line has the hint, if there is one.
    An Error holds values only: it may outlive the worker, cross threads and be pickled.
    """

    def __init__(
        self,
        message: str = "",
        *,
        code: int = -2,
        status: str = "UNKNOWN",
        native_code: int = 0,
        native_domain: str = "",
        component: str = "",
        function: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(message)
        #: What failed, with the values.
        self.message = message
        #: The status as a number: HAL_ERR_* of hal/hal.h, always negative.
        self.code = code
        #: The status as a name, for example "OUT_OF_RANGE".
        self.status = status
        #: The code of the layer below libhal. 0: there is none.
        self.native_code = native_code
        #: The layer that defines native_code: "acl", "rt", "driver", "errno" or "sim". "": there is none.
        self.native_domain = native_domain
        #: The part that found the failure: "core", "chip_worker", "npuhal" or the name of a backend.
        self.component = component
        #: The function that failed.
        self.function = function
        #: The next step, in terms of Python. "": there is none.
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.status} in {self.function}" if self.function else self.status
        if self.component:
            text += f" ({self.component})"
        text += f": {self.message}"
        if self.native_domain:
            text += f" [{self.native_domain} {self.native_code}]"
        return f"{text}\nhint: {self.hint}" if self.hint else text


class InvalidArgument(Error, ValueError):
    """An argument is wrong or stale, or belongs to another worker. Also: the memory is already registered."""


class OutOfRange(Error, ValueError):
    """An offset or a size exceeds its allocation."""


class OutOfMemory(Error, MemoryError):
    """The device or the host has too little free memory."""


class Timeout(Error, TimeoutError):
    """A wait reached its time limit."""


class NotFound(Error, LookupError):
    """The kernel, file or device does not exist."""


class Busy(Error, RuntimeError):
    """A launch or another owner still uses the object."""


class FailedPrecondition(Error, RuntimeError):
    """The call is not allowed in this state: before init, after finalize, or in a forked child."""


class Unsupported(Error, NotImplementedError):
    """This chip or backend cannot do it."""


class PermissionDenied(Error, PermissionError):
    """The operating system denies access."""


class BackendUnavailable(Error):
    """The backend or the device was not found, or cannot be used on this machine; the message has the reason."""


class DeviceLost(Error):
    """The device is lost. Call reset(), or finalize() and init()."""


class KernelFault(Error):
    """A kernel crashed, or wrote outside its memory."""

    #: Name of the kernel. None: unknown.
    kernel: Optional[str] = None
    #: Index of the block that faulted. None: unknown.
    block: Optional[int] = None
    #: The address that the kernel accessed. None: unknown, or the fault is not a memory access.
    address: Optional[int] = None
    #: The kind of access, "read" or "write". None: unknown.
    access: Optional[str] = None


class KernelTimeout(Error, TimeoutError):
    """A kernel ran longer than its time limit."""

    #: Name of the kernel. None: unknown.
    kernel: Optional[str] = None


#: The class for each status. CANCELLED, UNKNOWN and INTERNAL have no class of their own.
CLASSES: dict[str, type[Error]] = {
    "INVALID_ARGUMENT": InvalidArgument,
    "ALREADY_EXISTS": InvalidArgument,
    "OUT_OF_RANGE": OutOfRange,
    "OUT_OF_MEMORY": OutOfMemory,
    "TIMEOUT": Timeout,
    "NOT_FOUND": NotFound,
    "BUSY": Busy,
    "FAILED_PRECONDITION": FailedPrecondition,
    "UNSUPPORTED": Unsupported,
    "PERMISSION_DENIED": PermissionDenied,
    "UNAVAILABLE": BackendUnavailable,
    "INCOMPATIBLE": BackendUnavailable,
    "DEVICE_LOST": DeviceLost,
    "KERNEL_FAULT": KernelFault,
    "KERNEL_TIMEOUT": KernelTimeout,
}


def error_of(
    code: int,
    status: str,
    native_code: int,
    native_domain: str,
    component: str,
    function: str,
    message: str,
    hint: str,
    kernel: str,
    block: Optional[int],
    address: Optional[int],
    access: str,
) -> Error:
    """Returns the exception for a failure of libhal, for the extension module. kernel, access: "" means unknown."""
    kind = CLASSES.get(status, Error)
    if status == "NOT_FOUND" and function in ("hal_backend_select", "hal_device_open"):
        kind = BackendUnavailable
    error = kind(
        in_python(message),
        code=code,
        status=status,
        native_code=native_code,
        native_domain=native_domain,
        component=component,
        function=function,
        hint=hint_in_python(hint),
    )
    if isinstance(error, (KernelFault, KernelTimeout)):
        error.kernel = kernel or None
    if isinstance(error, KernelFault):
        error.block, error.address, error.access = block, address, access or None
    return error


def failed_precondition(function: str, message: str, hint: str) -> FailedPrecondition:
    """Returns the exception for a wrong state that the Python code finds before it calls libhal."""
    return FailedPrecondition(
        message, code=-9, status="FAILED_PRECONDITION", component="npuhal", function=function, hint=hint
    )


def invalid_argument(function: str, message: str, hint: str) -> InvalidArgument:
    """Returns the exception for a wrong argument that the Python code finds before it calls libhal."""
    return InvalidArgument(
        message, code=-3, status="INVALID_ARGUMENT", component="npuhal", function=function, hint=hint
    )
