// SPDX-License-Identifier: Apache-2.0
//
// Writes the seeds of every target's corpus for this machine: hal-fuzz-seeds FOLDER makes FOLDER/<target>/<seed>.
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "elf_writer.hpp"
#include "hal/hal_plugin.h"

namespace hal::fuzz {
namespace {

namespace fs = std::filesystem;
using namespace std::string_view_literals;

class Seeds {
 public:
  explicit Seeds(fs::path folder) : folder_(std::move(folder)) {}

  void add(const char *target, std::string_view bytes) {
    fs::create_directories(folder_ / target);
    std::ofstream file(folder_ / target / std::to_string(count_++), std::ios::binary);
    file.exceptions(std::ios::badbit | std::ios::failbit);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  void add(const char *target, const std::vector<char> &bytes) {
    add(target, std::string_view(bytes.data(), bytes.size()));
  }

 private:
  fs::path folder_;
  int count_ = 0;
};

constexpr auto kPluginNote =
    "backend=x\0abi_min=1\0abi_max=1\0arch=none\0kind=sim\0version=1\0compiler=c\0sanitizer=none"sv;

void add_elf_files(Seeds &seeds) {
  for (const HashTable hash : {HashTable::kNone, HashTable::kSysV, HashTable::kGnu}) {
    SharedObject object = {.note = std::string(kPluginNote), .hash = hash};
    seeds.add("plugin_file", write_shared_object(object));
    object.needed = {"libc.so.6", "libnowhere.so.1", "/nowhere/libx.so"};
    object.runpath = "$ORIGIN:/nowhere:${ORIGIN}/../lib";
    object.functions = {"f", HAL_PLUGIN_ENTRY_NAME};
    seeds.add("plugin_file", write_shared_object(object));
  }
  seeds.add("plugin_file", write_shared_object({.note_owner = "GNU", .note_type = 3, .note = "12345678"}));
  seeds.add("plugin_file", "!<arch>\n"sv);

  SharedObject kernel = {.note_type = 2, .functions = {"f", "_init", "vector_add"}};
  for (const std::string_view note : {"backend=a2a3-sim\0engine=aic"sv, "backend=a5-sim\0engine="sv, "engine=aicpu"sv,
                                      "backend=a2a3-sim\0engine=gpu"sv}) {
    kernel.note = note;
    seeds.add("kernel_object", write_shared_object(kernel));
  }
}

void add_notes(Seeds &seeds) {
  seeds.add("note", kPluginNote);
  seeds.add("note", "backend=a\0novalue\0=y\0a=b=c\0backend=b\0\0\0"sv);
  seeds.add("note", std::string("backend=a\0"sv) + std::string(HAL_NOTE_MAX_BYTES - 10, 'x'));
  seeds.add("note", std::string("backend=a\0"sv) + std::string(HAL_NOTE_MAX_BYTES - 9, 'x'));
}

void add_specs(Seeds &seeds) {
  for (const std::string_view text : {"auto"sv, "a2a3-sim"sv, "a5-onboard:3,a5-sim"sv, "a:0001"sv, "a:4294967294"sv,
                                      "a:4294967295"sv, "a:4294967296"sv, "auto:1"sv, "a,,b"sv, "-a"sv, "a_b.c-d:7"sv})
    seeds.add("backend_spec", text);
  for (const std::string_view text :
       {"none"sv, "mem_register#3=OUT_OF_MEMORY;stream_wait#*=TIMEOUT"sv, "sim.window_alloc#12=BUSY"sv,
        "mem_free#1=BUSY;mem_free#1=TIMEOUT"sv, "mem_free#18446744073709551615=BUSY"sv, "mem_fre#01=KERNEL_FAULT"sv,
        "a.b#1=DEVICE_LOST;a.b#*=CANCELLED"sv, "mem_free=1#BUSY"sv})
    seeds.add("fault_spec", text);
}

std::string option(std::uint32_t type, std::uint64_t min, std::uint64_t max, std::string_view text) {
  std::string bytes(1 + 2 * sizeof min, static_cast<char>(type - HAL_OPTION_TEXT));
  std::memcpy(bytes.data() + 1, &min, sizeof min);
  std::memcpy(bytes.data() + 1 + sizeof min, &max, sizeof max);
  return bytes += text;
}

void add_options(Seeds &seeds) {
  for (const std::string_view text :
       {"0"sv, "42"sv, "18446744073709551615"sv, "18446744073709551616"sv, "+1"sv, "1K"sv})
    seeds.add("option_value", option(HAL_OPTION_NUMBER, 0, UINT64_MAX, text));
  for (const std::string_view text : {"4096"sv, "3K"sv, "16G"sv, "1T"sv, "16777216T"sv, "16777217T"sv, "K"sv, "1.5G"sv})
    seeds.add("option_value", option(HAL_OPTION_BYTES, 1 << 20, std::uint64_t{1} << 40, text));
  for (const std::string_view text : {"0"sv, "1"sv, "2"sv, "on"sv})
    seeds.add("option_value", option(HAL_OPTION_SWITCH, 0, 1, text));
  seeds.add("option_value", option(HAL_OPTION_TEXT, 0, 0, "Ascend910B1"));
  seeds.add("option_value", option(HAL_OPTION_NUMBER, 1, 64, std::string(2000, '9')));
}

// HAL_BACKEND, HAL_PLUGIN_FILES, HAL_PLUGIN_PATH, HAL_LOG_LEVEL, HAL_FAULTS, HAL_DEBUG.
void add_settings(Seeds &seeds) {
  seeds.add("settings", "a5-sim:1\0/a.so:/b.so\0/d::/e\0trace\0mem_free#1=BUSY\0001"sv);
  seeds.add("settings", "auto\0\0relative\0warn\0none\0000"sv);
  seeds.add("settings", "\0a.so\0\0loud\0x#1=BUSY\0002"sv);
  seeds.add("settings", std::string(2000, 'A'));
  seeds.add("settings", std::string("\0\0\0\0mem_free#1=BUSY;"sv) + std::string(2000, 'x') + "#1=BUSY");
  seeds.add("settings", std::string("\0\0"sv) + std::string(2000, 'x'));
}

}  // namespace
}  // namespace hal::fuzz

int main(int argc, char **argv) try {
  if (argc != 2) {
    std::cerr << "usage: " << argv[0] << " FOLDER\n";
    return 2;
  }
  std::filesystem::remove_all(argv[1]);
  hal::fuzz::Seeds seeds(argv[1]);
  hal::fuzz::add_elf_files(seeds);
  hal::fuzz::add_notes(seeds);
  hal::fuzz::add_specs(seeds);
  hal::fuzz::add_options(seeds);
  hal::fuzz::add_settings(seeds);
  return 0;
} catch (const std::exception &error) {
  std::cerr << argv[0] << ": " << error.what() << '\n';
  return 1;
}
