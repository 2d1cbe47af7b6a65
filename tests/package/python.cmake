# SPDX-License-Identifier: Apache-2.0
# npuhal in the moved tree: its folder in PYTHONPATH is enough to find it and libhal.
include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")
set(ENV{PYTHONPATH} "${PREFIX}/${PYTHON_DIR}")
set(ENV{PYTHONDONTWRITEBYTECODE} 1)
foreach(backend IN ITEMS a2a3-sim a5-sim)
  run("${PYTHON}" -c "
import npuhal
with npuhal.open('${backend}') as worker:
    with worker.zeros_shared(16, 'float32') as memory:
        memory.numpy()[:] = 3
    print(npuhal.__file__, worker.info['backend']['path'])
")
  expect("^${PREFIX}/${PYTHON_DIR}/npuhal/__init__.py ${PLUGINS}/libhal-${backend}.so")
endforeach()
run("${PYTHON}" -c "
import npuhal
print(sorted((row['name'], row['path']) for row in npuhal.backends()))
")
expect("'a2a3-sim', '${PLUGINS}/libhal-a2a3-sim.so'")
run("${PYTHON}" -m npuhal)
expect("a5-sim")
run("${PYTHON}" -c "from npuhal import _config; print(open(_config.KERNEL_INCLUDE_DIR + '/hal/kernel.h').readline())")

# The case runner, with the kernel header and the compilers of the installation.
set(ENV{XDG_CACHE_HOME} "${WORK}/kernel-cache")
foreach(backend IN ITEMS a2a3-sim a5-sim)
  run("${PYTHON}" -m npuhal.run "${SOURCE}/examples/vector_add" --backend ${backend})
  expect("4 passed of 4 runs")
endforeach()
