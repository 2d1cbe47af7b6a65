# SPDX-License-Identifier: Apache-2.0
HALPROBE: str
KERNEL_INCLUDE_DIR: str
KERNEL_COMPILERS: list[str]
KERNEL_FLAGS: list[str]
CCE_FLAGS: list[str]
