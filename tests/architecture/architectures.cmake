# SPDX-License-Identifier: Apache-2.0
# cmake -DSOURCE=… -DBACKEND=… -P architectures.cmake: prints the vendor compiler's architecture for vector kernels of a backend.
include("${SOURCE}/cmake/HalKernel.cmake")
hal_cce_arch("${BACKEND}" aiv architecture)
message("architecture: ${architecture}")
