# SPDX-License-Identifier: Apache-2.0
# Installs into one prefix and moves the tree to another, so that the other tests notice what depends on the first prefix.
include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")
file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")
run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/first")
file(RENAME "${WORK}/first" "${PREFIX}")
