// SPDX-License-Identifier: Apache-2.0
#include "onboard/mapping.hpp"

#include "onboard/memory.hpp"
#include "onboard/registration.hpp"
#include "onboard/vendor_error.hpp"

namespace hal::onboard {
namespace {

struct Question {
  hal_engine_mask_t engine;
  std::int32_t number;
};

constexpr Question kQuestions[] = {
    {HAL_ENGINE_AIC, kHacAic}, {HAL_ENGINE_AIV, kHacAiv}, {HAL_ENGINE_AICPU, kHacAicpu}, {HAL_ENGINE_SDMA, kHacSdma}};

}  // namespace

MappedReach read_mapped_reach(const VendorApi &api, std::uint32_t ordinal) {
  MappedReach reach;
  for (const Question &question : kQuestions) {
    std::int32_t capability = 0;
    if (!api.map_capability || api.map_capability(ordinal, question.number, &capability) != kOk) {
      reach.unknown |= question.engine;
      drop_recent_error(api);
    } else if (capability == 1) {
      reach.can_reach |= question.engine;
    }
  }
  return reach;
}

void MappingTrial::check(const VendorApi &api, const std::string &device) {
  const std::lock_guard lock(mutex_);
  if (verdict_ == Verdict::kUnknown) decide(api, device);
  if (verdict_ == Verdict::kNo) throw *refusal_;
}

void MappingTrial::decide(const VendorApi &api, const std::string &device) {
  const std::uint64_t page = register_alignment();
  void *block = nullptr;
  if (api.malloc_host(&block, 2 * page) != kOk || block == nullptr) return drop_recent_error(api);
  const Block owner(api, api.free_host, block);
  const auto address = reinterpret_cast<std::uintptr_t>(block);
  auto *start = static_cast<std::byte *>(block) + (page - address % page) % page;
  try {
    Registration(api, UINT32_MAX, start, page).undo();
    verdict_ = Verdict::kYes;
  } catch (const plugin::Failure &failure) {
    if (failure.status() == HAL_ERR_UNSUPPORTED) {
      verdict_ = Verdict::kNo;
      refusal_.emplace(HAL_ERR_UNSUPPORTED,
                       "host memory cannot be mapped for this device (" + device + "): " + failure.what(),
                       "copy between host and device memory, or install a newer driver and toolkit",
                       failure.native_code(), failure.native_domain());
    }
  }
}

}  // namespace hal::onboard
