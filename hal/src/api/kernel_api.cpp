// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <bit>

#include "api/api_call.hpp"
#include "diagnostics/struct_rules.hpp"
#include "objects/executable.hpp"
#include "objects/launch_args.hpp"
#include "objects/mem_rules.hpp"
#include "objects/stream.hpp"
#include "support/text.hpp"

namespace hal::core {
namespace {

constexpr hal_engine_mask_t kKernelEngines = HAL_ENGINE_AIC | HAL_ENGINE_AIV | HAL_ENGINE_AICPU;
constexpr std::size_t kTagBytes = 32;

hal_status_t check_words(const hal_launch_desc_t &desc) {
  if (desc.flags != 0)
    return fail(HAL_ERR_INVALID_ARGUMENT, fmt::format("desc->flags is {:#x}", desc.flags),
                "this draft has no flags: pass 0");
  if (desc.reserved0 != 0)
    return fail(HAL_ERR_INVALID_ARGUMENT, fmt::format("desc->reserved0 is {:#x}", desc.reserved0),
                "set the whole descriptor to zero before filling it");
  return HAL_OK;
}

hal_status_t check_blocks(const Device &device, std::uint32_t blocks) {
  if (blocks != 0 && blocks <= device.max_blocks()) [[likely]]
    return HAL_OK;
  return fail(
      HAL_ERR_INVALID_ARGUMENT,
      fmt::format("desc->block_count is {}; device {} accepts 1 to {}", blocks, device.name(), device.max_blocks()),
      "query HAL_PROPERTY_MAX_BLOCKS");
}

hal_status_t choose_engine(const hal_launch_desc_t &desc, const Kernel &kernel, hal_engine_mask_t &engine) {
  if (desc.engine != 0 && ((desc.engine & ~kKernelEngines) != 0 || !std::has_single_bit(desc.engine)))
    return fail(HAL_ERR_INVALID_ARGUMENT, fmt::format("desc->engine is {}", engine_names(desc.engine)),
                "set exactly one of AIC, AIV and AICPU, or 0 for the engine that the object names");
  engine = desc.engine != 0 ? desc.engine : kernel.engine != 0 ? kernel.engine : HAL_ENGINE_AIV;
  return HAL_OK;
}

hal_status_t choose_convention(const hal_launch_desc_t &desc, const Kernel &kernel, hal_convention_t &convention) {
  if (desc.convention > HAL_CONVENTION_C)
    return fail(HAL_ERR_INVALID_ARGUMENT, fmt::format("desc->convention {} does not exist", desc.convention),
                "use one of HAL_CONVENTION_*");
  convention = desc.convention;
  if (convention == HAL_CONVENTION_DEFAULT) convention = kernel.convention;
  if (convention == HAL_CONVENTION_DEFAULT) convention = HAL_CONVENTION_ARGS_ARRAY;
  return HAL_OK;
}

hal_status_t submit(const Kernel &kernel, Stream &stream, const hal_launch_v1_t &launch, LaunchArgs &args,
                    std::uint64_t *ticket) {
  InFlight::Entry &entry = kernel.executable.users().entry_for(stream.handle());
  args.hold(stream.handle());
  std::uint64_t given = 0;
  const hal_status_t status = stream.device().call<&Ops::launch>("launch", stream.pstream(), &launch, &given);
  if (status != HAL_OK) return status;
  const std::uint64_t submitted = stream.submitted(given);
  InFlight::note(entry, submitted);
  args.note(submitted);
  if (ticket != nullptr) *ticket = submitted;
  return HAL_OK;
}

hal_status_t launch_kernel(const hal_launch_desc_t &desc, std::uint64_t *ticket) {
  const Pin<Kernel> kernel(desc.kernel, "desc->kernel");
  if (!kernel) return kernel.status();
  Device &device = kernel->executable.device();
  Pin<Stream> stream;
  hal_launch_v1_t launch;
  launch.struct_size = sizeof(launch);
  hal_status_t status = check_words(desc);
  if (status == HAL_OK) status = pin_submit_stream(device, desc.stream, stream);
  if (status == HAL_OK) status = check_blocks(device, desc.block_count);
  if (status == HAL_OK) status = choose_engine(desc, *kernel, launch.engine);
  if (status == HAL_OK) status = choose_convention(desc, *kernel, launch.convention);
  LaunchArgs args;
  if (status == HAL_OK) status = args.resolve(device, desc.args, desc.arg_count, launch.convention, launch.engine);
  if (status != HAL_OK) return status;

  char tag[kTagBytes] = {};
  if (desc.tag != nullptr) copy_utf8(tag, sizeof(tag), {desc.tag, strnlen(desc.tag, sizeof(tag))});
  launch.block_count = desc.block_count;
  launch.kernel = kernel->pkernel;
  launch.arg_count = desc.arg_count;
  launch.timeout_ns = desc.timeout_ns;
  launch.tag = tag;
  launch.args = args.args();
  launch.words = args.words();
  launch.sizes_bytes = args.sizes();
  return submit(*kernel, *stream, launch, args, ticket);
}

}  // namespace
}  // namespace hal::core

using namespace hal::core;

hal_status_t hal_kernel_launch(const hal_launch_desc_t *desc, uint64_t *ticket) {
  return api_call(__func__, [&]() -> hal_status_t {
    hal_launch_desc_t wanted;
    if (const hal_status_t status = read_struct(desc, wanted, "desc"); status != HAL_OK) return status;
    return launch_kernel(wanted, ticket);
  });
}

hal_status_t hal_kernel_info(hal_kernel_t kernel, hal_kernel_info_t *info) {
  return api_call(__func__, [&]() -> hal_status_t {
    const Pin<Kernel> pin(kernel, "kernel");
    if (!pin) return pin.status();
    const hal_kernel_info_t answer = {sizeof(answer),
                                      pin->convention,
                                      pin->engine,
                                      pin->name.c_str(),
                                      make_handle<hal_executable_t>(pin->executable.handle()),
                                      pin->flags,
                                      0};
    return write_struct(info, answer, "info");
  });
}
