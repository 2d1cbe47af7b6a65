// SPDX-License-Identifier: Apache-2.0
// Empty: its target exists for the precompiled headers (cmake/HalFastBuild.cmake).
