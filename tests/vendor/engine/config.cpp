// SPDX-License-Identifier: Apache-2.0
//
// The machine that the stand-in simulates.
#include <cstdlib>
#include <cstring>

#include "engine.hpp"
#include "standin.h"

namespace standin {
namespace {

constexpr const char *keys[] = {"SOC",          "DEVICES",    "NPU_ARCH", "HBM_BYTES", "DRIVER", "REGISTER",
                                "CAPABILITIES", "TIMEOUT_MS", "POISON",   "FAIL",      "ABORT",  "REPORT"};

struct Sku {
  const char *prefix, *chip;
  int npu_arch, cube, vector;
  std::int64_t l2_mib;
};
// The longest matching prefix is used. The numbers come from the vendor's platform files; other names have zeros.
constexpr Sku skus[] = {
    {"Ascend910", "", 1001, 32, 0, 32},         {"Ascend910B1", "a2a3", 2201, 24, 48, 192},
    {"Ascend910B2", "a2a3", 2201, 24, 48, 192}, {"Ascend910B3", "a2a3", 2201, 20, 40, 192},
    {"Ascend910B4", "a2a3", 2201, 20, 40, 96},  {"Ascend910_93", "a2a3", 2201, 24, 48, 192},
    {"Ascend950", "a5", 3510, 36, 72, 128},     {"Ascend950PR_9579", "a5", 3510, 28, 56, 128},
    {"Ascend310", "", 2002, 8, 8, 16},
};

Soc soc_of(const std::string &name) {
  Soc soc;
  soc.name = name;
  std::size_t best = 0;
  for (const Sku &sku : skus) {
    const std::size_t length = std::strlen(sku.prefix);
    if (length <= best || name.compare(0, length, sku.prefix) != 0) continue;
    best = length;
    soc.chip = sku.chip;
    soc.npu_arch = sku.npu_arch;
    soc.cube_cores = sku.cube;
    soc.vector_cores = sku.vector;
    soc.l2_bytes = sku.l2_mib << 20;
  }
  return soc;
}

}  // namespace

Config read_config(Engine &e, int default_devices) {
  const auto get = [&e](const char *key, const std::string &otherwise) {
    const auto set = e.settings.find(key);
    if (set != e.settings.end()) return set->second;
    const char *variable = std::getenv((std::string("STANDIN_") + key).c_str());
    return variable != nullptr ? std::string(variable) : otherwise;
  };
  Config c;
  const std::string soc = get("SOC", "Ascend910B1");
  c.soc = soc_of(soc);
  c.soc_unknown = soc == "NULL";
  c.devices = std::atoi(get("DEVICES", std::to_string(default_devices)).c_str());
  c.soc.npu_arch = std::atoi(get("NPU_ARCH", std::to_string(c.soc.npu_arch)).c_str());
  c.hbm_bytes = std::strtoull(get("HBM_BYTES", "4294967296").c_str(), nullptr, 0);
  c.driver = get("DRIVER", "ok");
  c.register_supported = get("REGISTER", "ok") == "ok" && !c.soc.chip.empty();
  c.capabilities = get("CAPABILITIES", "aic,aiv");
  c.timeout_ms = std::strtoull(get("TIMEOUT_MS", "0").c_str(), nullptr, 0);
  c.poison_release = get("POISON", "") == "release";
  c.abort_on_violation = get("ABORT", "0") == "1";
  c.report = get("REPORT", "");
  return c;
}

// Ascending numbers, separated by commas, without spaces. The first invalid entry ends the list, as in the vendor's
// runtime.
std::vector<int> visible_devices(const char *list, int devices) {
  std::vector<int> out;
  if (list == nullptr) {
    for (int i = 0; i < devices; ++i) out.push_back(i);
    return out;
  }
  for (const char *at = list; *at >= '0' && *at <= '9';) {
    char *end = nullptr;
    const long n = std::strtol(at, &end, 10);
    if ((*end != ',' && *end != 0) || n >= devices || (!out.empty() && n <= out.back())) break;
    out.push_back(static_cast<int>(n));
    if (*end == 0) break;
    at = end + 1;
  }
  return out;
}

}  // namespace standin

using namespace standin;

int standin_set(const char *key, const char *value) {
  bool known = false;
  for (const char *one : keys) known = known || std::strcmp(one, key) == 0;
  if (!known) return -1;
  if (std::strcmp(key, "FAIL") == 0) {
    std::string error;
    return spec_of_failures(value, error) ? 0 : -1;
  }
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  e.settings[key] = value;
  e.config = read_config(e, e.default_devices);
  e.visible = visible_devices(std::getenv("ASCEND_RT_VISIBLE_DEVICES"), e.config.devices);
  return 0;
}
