// SPDX-License-Identifier: Apache-2.0
#include "onboard/mapping.hpp"

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
  if (verdict_ == Verdict::kNo)
    throw plugin::Failure(HAL_ERR_UNSUPPORTED, refusal_,
                          "copy between host and device memory instead; a newer driver or toolkit may map it");
}

void MappingTrial::decide(const VendorApi &api, const std::string &device) {
  const std::uint64_t page = register_alignment();
  void *block = nullptr;
  if (api.malloc_host(&block, 2 * page) != kOk || block == nullptr) return drop_recent_error(api);
  const auto address = reinterpret_cast<std::uintptr_t>(block);
  auto *start = static_cast<std::byte *>(block) + (page - address % page) % page;
  try {
    Registration(api, UINT32_MAX, start, page).undo();
    verdict_ = Verdict::kYes;
  } catch (const plugin::Failure &failure) {
    if (failure.status() == HAL_ERR_UNSUPPORTED) {
      verdict_ = Verdict::kNo;
      refusal_ = "host memory cannot be mapped for this device (" + device + "): " + failure.what();
    }
  }
  if (api.free_host(block) != kOk) drop_recent_error(api);
}

}  // namespace hal::onboard
