// SPDX-License-Identifier: Apache-2.0
#include "onboard/diagnose.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "hal/hal_plugin.hpp"
#include "onboard/visible_devices.hpp"
#include "support/machine.hpp"
#include "support/text.hpp"

namespace hal::onboard {
namespace {

namespace fs = std::filesystem;
using plugins::Findings;
using plugins::KernelVersion;

constexpr std::string_view kDevicePrefix = "davinci";
constexpr const char *kSharedNodes[] = {"/dev/davinci_manager", "/dev/devmm_svm", "/dev/hisi_hdc"};
constexpr const char *kInstallInfo = "/etc/ascend_install.info";  // written by the vendor's installer
constexpr const char *kUsualPlace = "/usr/local/Ascend";
constexpr const char *kContainerFiles[] = {"/.dockerenv", "/run/.containerenv"};
constexpr const char *kMap =
    "--device=/dev/davinci0 (each device) --device=/dev/davinci_manager --device=/dev/devmm_svm "
    "--device=/dev/hisi_hdc -v /usr/local/Ascend/driver:/usr/local/Ascend/driver:ro";

constexpr KernelVersion kFirstForDma = {5, 19};

// The numbers of /dev/davinci<N>, in ascending order.
std::vector<std::uint32_t> device_numbers(const std::string &root) {
  std::vector<std::uint32_t> numbers;
  std::error_code error;
  for (const fs::directory_entry &entry : fs::directory_iterator(root + "/dev", error)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with(kDevicePrefix)) continue;
    std::uint32_t number = 0;
    const char *end = name.data() + name.size();
    const auto [stop, wrong] = std::from_chars(name.data() + kDevicePrefix.size(), end, number);
    if (wrong == std::errc() && stop == end) numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

std::string owner_text(const struct stat &info) {
  const passwd *user = ::getpwuid(info.st_uid);
  const group *members = ::getgrgid(info.st_gid);
  return (user != nullptr ? user->pw_name : std::to_string(info.st_uid)) + std::string(":") +
         (members != nullptr ? members->gr_name : std::to_string(info.st_gid));
}

void diagnose_node(const std::string &root, const std::string &node, Findings &findings) {
  const std::string path = root + node;
  struct stat info = {};
  if (::stat(path.c_str(), &info) != 0) {
    const std::string why = errno == ENOENT ? "missing" : std::generic_category().message(errno);
    findings.problem(node, why, "load the vendor's driver; in a container, add --device=" + node);
    return;
  }
  char mode[16];
  std::snprintf(mode, sizeof(mode), "%04o", info.st_mode & 07777u);
  const std::string value = std::string("mode ") + mode + ", " + owner_text(info);
  if (::faccessat(AT_FDCWD, path.c_str(), R_OK | W_OK, AT_EACCESS) == 0)
    findings.ok(node, value + ": read and write");
  else
    findings.problem(node, value + ": this user cannot read and write it",
                     "add the user to the group that owns it (usermod -aG), and log in again");
}

void diagnose_nodes(const MachineView &machine, const std::vector<std::uint32_t> &devices, Findings &findings) {
  findings.begin("device nodes");
  const bool in_container = std::any_of(std::begin(kContainerFiles), std::end(kContainerFiles),
                                        [&](const char *file) { return fs::exists(machine.root + file); });
  if (in_container)
    findings.info("container", "this process runs in a container and sees only the devices mapped into it",
                  std::string("map devices with ") + kMap);
  if (devices.empty())
    findings.problem("/dev/davinci<N>", "none: this machine has no Ascend device, or its driver is not loaded",
                     in_container ? std::string("start the container with ") + kMap
                                  : "run `lspci -d 19e5:` to list the cards; install or load the vendor's driver");
  for (const std::uint32_t number : devices)
    diagnose_node(machine.root, "/dev/davinci" + std::to_string(number), findings);
  for (const char *node : kSharedNodes) diagnose_node(machine.root, node, findings);
}

void diagnose_driver(const MachineView &machine, Findings &findings) {
  findings.begin("driver");
  const std::string place =
      plugins::value_of(machine.root, kInstallInfo, "Driver_Install_Path_Param").value_or(kUsualPlace);
  const std::string hint = "install the vendor's driver; in a container, map " + place + "/driver";
  const std::string version_file = place + "/driver/version.info";
  if (const auto version = plugins::value_of(machine.root, version_file.c_str(), "Version"))
    findings.ok("driver version", *version);
  else
    findings.warning("driver version", "unknown: " + version_file + " has no Version", hint);
  if (const auto version = plugins::value_of(machine.root, (place + "/firmware/version.info").c_str(), "Version"))
    findings.info("firmware version", *version);
  const std::string library = place + "/driver/lib64/driver/libascend_hal.so";
  if (fs::exists(machine.root + library))
    findings.ok("driver library", library);
  else
    findings.warning("driver library", library + " is missing; the runtime cannot be opened without it", hint);
}

void diagnose_visible(const MachineView &machine, const std::vector<std::uint32_t> &devices, Findings &findings) {
  findings.begin("visible devices");
  if (!machine.visible_devices) return findings.ok(kVisibleDevices, "not set: all devices are visible");
  // The driver's device count is the limit. In a container, device nodes may be missing, so the largest number counts.
  const auto count = devices.empty() ? std::nullopt : std::optional(devices.back() + 1);
  const VisibleDevices visible = parse_visible_devices(*machine.visible_devices, count);
  const std::string value =
      "\"" + *machine.visible_devices + "\": " + std::to_string(visible.devices.size()) + " devices";
  if (visible.why.empty()) return findings.ok(kVisibleDevices, value);
  const std::string cut = value + ", cut off at \"" + visible.rejected + "\": " + visible.why;
  const char *hint = "list the numbers in ascending order, with commas and without blanks, such as 0,1,3";
  if (visible.devices.empty()) return findings.problem(kVisibleDevices, cut, hint);
  findings.warning(kVisibleDevices, cut, hint);
}

void diagnose_kernel(const MachineView &machine, Findings &findings) {
  const auto release = plugins::first_line(machine.root, "/proc/sys/kernel/osrelease");
  const auto version = release ? plugins::parse_kernel_version(*release) : std::nullopt;
  if (!version)
    findings.info("kernel", release.value_or("unknown"));
  else if (*version <= plugins::kLastWithoutPageable)
    findings.warning("kernel", *release + ": up to 5.10, registering the caller's memory is unreliable",
                     "use HOST_MAPPED memory, which libhal allocates, or a newer kernel");
  else if (*version < kFirstForDma)
    findings.info("kernel", *release + ": before 5.19, the device's copy engine cannot use registered caller memory",
                  "use HOST_MAPPED memory, which libhal allocates, for such copies");
  else
    findings.ok("kernel", *release);
}

void diagnose_memory(const MachineView &machine, Findings &findings) {
  findings.begin("kernel and memory");
  diagnose_kernel(machine, findings);
  findings.info("page size", plugins::size_text(machine.page_bytes) + "; registered ranges are whole pages");
  const bool unlimited = machine.locked_bytes == RLIM_INFINITY;
  findings.info("locked memory", plugins::limit_text(machine.locked_bytes),
                unlimited ? "" : "run `ulimit -l unlimited` if pinning or registering memory fails");
  if (const auto words = plugins::first_line(machine.root, "/sys/kernel/mm/transparent_hugepage/enabled"))
    findings.info("transparent hugepages", plugins::chosen_word(*words));
  if (const auto pages = plugins::first_line(machine.root, "/proc/sys/vm/nr_hugepages"))
    findings.info("hugepages", *pages + " reserved");
}

}  // namespace

MachineView this_machine() {
  MachineView machine;
  machine.visible_devices = plugin::environment(kVisibleDevices);
  machine.page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  machine.locked_bytes = plugins::soft_limit(RLIMIT_MEMLOCK);
  return machine;
}

void diagnose_machine(const MachineView &machine, Findings &findings) {
  const std::vector<std::uint32_t> devices = device_numbers(machine.root);
  diagnose_nodes(machine, devices, findings);
  diagnose_driver(machine, findings);
  diagnose_visible(machine, devices, findings);
  diagnose_memory(machine, findings);
}

void diagnose_runtime(const RuntimeReport &runtime, Findings &findings) {
  findings.begin("runtime");
  if (!runtime.open) return findings.problem("library", runtime.detail, runtime.hint);
  findings.ok("library", runtime.detail);
  for (const auto &[name, value] : runtime.facts) findings.info(name, value);
  for (const std::string &function : runtime.missing)
    findings.info(function, "not in this release; operations that need it fail with UNSUPPORTED",
                  "install a newer toolkit if you need it");
}

}  // namespace hal::onboard
