# SPDX-License-Identifier: Apache-2.0
"""Classes whose objects cannot be copied."""

from __future__ import annotations

from typing import NoReturn, SupportsIndex


class NotCopied:
    """Refuses copy and pickle: each object stands for one object of a device."""

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError(
            f"a {type(self).__module__}.{type(self).__qualname__} cannot be copied or pickled, because it stands for "
            "one object of a device; use the same object, or make a new one"
        )
