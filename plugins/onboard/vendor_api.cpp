// SPDX-License-Identifier: Apache-2.0
#include "onboard/vendor_api.hpp"

namespace hal::onboard {
namespace {

const char *name_of(Register registration) {
  switch (registration) {
    case Register::kV1:
      return "v1";
    case Register::kV2:
      return "v2";
    default:
      return "none";
  }
}

const char *name_of(Load load) {
  switch (load) {
    case Load::kData:
      return "data";
    case Load::kDescription:
      return "description";
    default:
      return "none";
  }
}

const char *name_of(LaunchStyle style) {
  switch (style) {
    case LaunchStyle::kHostArgs:
      return "host-args";
    case LaunchStyle::kHandle:
      return "handle";
    default:
      return "none";
  }
}

}  // namespace

std::string describe(const VendorApi &api) {
  return std::string(api.family) + (api.forced ? " (HAL_ONBOARD_API)" : "") +
         (api.version.empty() ? " of unknown version" : " " + api.version) + " from " + api.library + ", register " +
         name_of(api.registration) + ", load " + name_of(api.load) + ", launch " + name_of(api.launch_style);
}

}  // namespace hal::onboard
