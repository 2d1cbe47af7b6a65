// SPDX-License-Identifier: Apache-2.0
//
// A kernel object, which a simulator checks before its device process loads it.
#include "sim/host/kernels/kernel_object.hpp"

#include <string>

#include "hal/hal_plugin.hpp"
#include "properties.hpp"

#ifdef HAL_FUZZ_SEEDED
#include "seeded/kernel_object_bug.hpp"
namespace subject = hal::fuzz::seeded;
#else
namespace subject = hal::sim;
#endif

namespace {

using hal::fuzz::holds;

void check_object(const hal::sim::KernelObject &object, hal::fuzz::Exact &input) {
  holds(hal::fuzz::is_whole_object(input.bytes()), "an accepted object is a whole shared object of this machine");
  holds(object.backend.empty() || object.backend == "a2a3-sim", "an accepted object is not another backend's",
        object.backend);
  holds(object.engine == 0 || object.engine == HAL_ENGINE_AIC || object.engine == HAL_ENGINE_AIV ||
            object.engine == HAL_ENGINE_AICPU,
        "an object names one engine or none");
  for (const std::string &name : object.functions) {
    holds(!name.empty() && name[0] != '_', "the name of an exported function does not begin with _", name);
    holds(input.text().find(name + '\0') != std::string_view::npos, "a function's name is in the file", name);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  hal::fuzz::Exact input = hal::fuzz::exact_elf(data, size);
  try {
    check_object(subject::read_kernel_object(std::as_bytes(input.bytes()), "object", "a2a3-sim"), input);
  } catch (const hal::plugin::Failure &failure) {
    holds(failure.status() == HAL_ERR_INVALID_ARGUMENT, "a refused object is INVALID_ARGUMENT", failure.what());
    const std::string_view what = failure.what();
    holds(what.starts_with("object "), "the message names the object", what);
    holds(hal::fuzz::is_message(what), "the reason can be shown", what);
  }
  return 0;
}
