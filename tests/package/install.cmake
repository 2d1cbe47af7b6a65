# SPDX-License-Identifier: Apache-2.0
# Installs into one prefix and moves it to another: what works from there does not depend on where it was installed.
include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")
file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")
run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/first")
file(RENAME "${WORK}/first" "${PREFIX}")
