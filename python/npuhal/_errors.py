# SPDX-License-Identifier: Apache-2.0
"""What npuhal raises: npuhal.Error and its subclasses, which are Python's own exceptions too where Python has one."""

from __future__ import annotations

from typing import Optional


class Error(Exception):
    """A call of libhal that failed, with its whole story.

    str() is one line "STATUS in function (component): message [domain code]", and the hint on a second one.
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
        #: The status as a number: HAL_ERR_* of hal/hal.h, negative.
        self.code = code
        #: The same by name, for example "OUT_OF_RANGE".
        self.status = status
        #: The code of the layer below libhal; 0: none.
        self.native_code = native_code
        #: Whose code that is: "acl", "rt", "driver", "errno" or "sim"; "": nobody's.
        self.native_domain = native_domain
        #: Who found it: "core", "chip_worker", "npuhal" or a backend's name.
        self.component = component
        #: The function that failed.
        self.function = function
        #: The next step; "": there is none to tell.
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
    """A bad, stale or foreign argument; also ALREADY_EXISTS, for memory that is registered already."""


class OutOfRange(Error, ValueError):
    """An offset or a size beyond its allocation."""


class OutOfMemory(Error, MemoryError):
    """The device, or the host, has not that much memory."""


class Timeout(Error, TimeoutError):
    """A wait ran out."""


class NotFound(Error, LookupError):
    """No such kernel, file or device."""


class Busy(Error, RuntimeError):
    """Something is still in use, for example memory by a launch."""


class FailedPrecondition(Error, RuntimeError):
    """Not now: before init, after finalize, or in a forked child."""


class Unsupported(Error, NotImplementedError):
    """What this chip or backend cannot do."""


class PermissionDenied(Error, PermissionError):
    """The system does not let this process do it."""


class BackendUnavailable(Error):
    """A backend that was not found, or cannot be used here; the message and the hint say why."""


class DeviceLost(Error):
    """The device is gone: reset it, or finalize and begin anew."""


class KernelFault(Error):
    """A kernel did what it must not, for example used memory that is not the device's."""

    #: Name of the kernel; None: not known.
    kernel: Optional[str] = None
    #: Index of the block that did it; None: not known.
    block: Optional[int] = None
    #: The address that it used; None: not known, or it was not about memory.
    address: Optional[int] = None
    #: How it used it, "read" or "write"; None: not known.
    access: Optional[str] = None


class KernelTimeout(Error, TimeoutError):
    """A kernel ran longer than it may."""

    #: Name of the kernel; None: not known.
    kernel: Optional[str] = None


_CLASSES: dict[str, type[Error]] = {
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
    """The exception of a failure; called by the extension module. kernel and access: "" is not known."""
    kind = _CLASSES.get(status, Error)
    if status == "NOT_FOUND" and function in ("hal_backend_select", "hal_device_open"):
        kind = BackendUnavailable
    error = kind(
        message,
        code=code,
        status=status,
        native_code=native_code,
        native_domain=native_domain,
        component=component,
        function=function,
        hint=hint,
    )
    if isinstance(error, (KernelFault, KernelTimeout)):
        error.kernel = kernel or None
    if isinstance(error, KernelFault):
        error.block, error.address, error.access = block, address, access or None
    return error


def failed_precondition(function: str, message: str, hint: str) -> FailedPrecondition:
    """A refusal that the Python side finds by itself."""
    return FailedPrecondition(
        message, code=-9, status="FAILED_PRECONDITION", component="npuhal", function=function, hint=hint
    )


def invalid_argument(function: str, message: str, hint: str) -> InvalidArgument:
    """A bad argument that the Python side finds by itself."""
    return InvalidArgument(
        message, code=-3, status="INVALID_ARGUMENT", component="npuhal", function=function, hint=hint
    )
