// SPDX-License-Identifier: Apache-2.0
#include "machine.hpp"

#include <sched.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace halprobe {
namespace {

std::string first_line(const char *path) {
  std::ifstream file(path);
  std::string line;
  return std::getline(file, line) ? line : "unknown";
}

// A line of /proc/meminfo, as it is there.
std::string meminfo(const std::string &key) {
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(key + ":")) return line.substr(line.find_first_not_of(' ', key.size() + 1));
  return "unknown";
}

std::string limit(__rlimit_resource_t resource) {
  rlimit limits = {};
  if (::getrlimit(resource, &limits) != 0) return "unknown";
  const auto text = [](rlim_t value) { return value == RLIM_INFINITY ? "unlimited" : std::to_string(value); };
  return text(limits.rlim_cur) + " (hard: " + text(limits.rlim_max) + ")";
}

std::string kernel() {
  utsname name = {};
  return ::uname(&name) == 0 ? std::string(name.sysname) + " " + name.release + " " + name.machine : "unknown";
}

std::string processors() {
  cpu_set_t usable;
  const std::string all = std::to_string(::sysconf(_SC_NPROCESSORS_ONLN)) + " online";
  if (::sched_getaffinity(0, sizeof(usable), &usable) != 0) return all;
  return all + ", " + std::to_string(CPU_COUNT(&usable)) + " for this process";
}

}  // namespace

std::vector<Finding> read_machine() {
  std::vector<Finding> findings;
  const auto add = [&](const char *section, const char *name, std::string value) {
    findings.push_back({section, name, "info", std::move(value), ""});
  };
  add("system", "kernel", kernel());
  add("system", "processors", processors());
  add("system", "user", std::to_string(::geteuid()));
  add("memory", "page size", std::to_string(::sysconf(_SC_PAGESIZE)) + " bytes");
  add("memory", "total", meminfo("MemTotal"));
  add("memory", "available", meminfo("MemAvailable"));
  add("memory", "transparent hugepages", first_line("/sys/kernel/mm/transparent_hugepage/enabled"));
  add("memory", "hugepages", first_line("/proc/sys/vm/nr_hugepages") + " of " + meminfo("Hugepagesize"));
  add("memory", "overcommit", first_line("/proc/sys/vm/overcommit_memory"));
  add("limits", "locked memory", limit(RLIMIT_MEMLOCK));
  add("limits", "address space", limit(RLIMIT_AS));
  add("limits", "file size", limit(RLIMIT_FSIZE));
  add("limits", "open files", limit(RLIMIT_NOFILE));
  add("limits", "processes", limit(RLIMIT_NPROC));
  return findings;
}

}  // namespace halprobe
