// SPDX-License-Identifier: Apache-2.0
//
// hal-sim-device: one simulated device. A simulator plugin starts it; users do not.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "hal/hal.h"
#include "sim/device/engine.hpp"
#include "sim/device/fault.hpp"
#include "sim/device/output.hpp"
#include "sim/device/supervisor.hpp"
#include "sim/device/window_access.hpp"
#include "sim/wire/channel.hpp"

namespace {

using namespace hal::sim;

std::uint64_t number(const char *text) { return std::strtoull(text, nullptr, 16); }

[[noreturn]] void refuse(hal_status_t status, const std::string &text, int error) {
  wire::Reply reply = {};
  reply.status = status;
  reply.value = static_cast<std::uint64_t>(error);
  wire::put_text(reply.text, sizeof reply.text, text);
  wire::send_message(wire::kSocketFd, &reply, sizeof reply);
  std::exit(EXIT_FAILURE);
}

// Maps memory at the address that the host has reserved for it. No other address will do.
void map_at(const char *what, int fd, std::uint64_t address, std::uint64_t size, int protection) {
  if (size == 0) return;
  void *wanted = reinterpret_cast<void *>(address);
  void *got = mmap(wanted, size, protection, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0);
  if (got == wanted) {
    madvise(got, size, MADV_DONTDUMP);
    close(fd);
    return;
  }
  refuse(HAL_ERR_UNAVAILABLE, std::string("the device process cannot map the ") + what + " at the reserved address",
         got == MAP_FAILED ? errno : EEXIST);
}

wire::Control &map_control() {
  void *memory = mmap(nullptr, sizeof(wire::Control), PROT_READ | PROT_WRITE, MAP_SHARED, wire::kControlFd, 0);
  if (memory == MAP_FAILED) refuse(HAL_ERR_UNAVAILABLE, "the device process cannot map its control block", errno);
  close(wire::kControlFd);
  return *static_cast<wire::Control *>(memory);
}

// The map of a window's pages follows the window in its file.
wire::PageMap map_page_map(std::uint64_t window_bytes, std::uint64_t page_bytes) {
  const std::uint64_t pages = window_bytes / page_bytes;
  void *memory = mmap(nullptr, wire::PageMap::bytes_of(pages), PROT_READ, MAP_SHARED, wire::kWindowFd,
                      static_cast<off_t>(window_bytes));
  if (memory == MAP_FAILED) refuse(HAL_ERR_UNAVAILABLE, "the device process cannot map the window's page map", errno);
  return {memory, pages};
}

// Closes inherited descriptors. What kernels print goes to the host's stderr.
void tidy_descriptors() {
  closefrom(wire::kSocketFd + 1);
  if (const int null = open("/dev/null", O_RDONLY); null > 0) {
    dup2(null, STDIN_FILENO);
    close(null);
  }
  dup2(STDERR_FILENO, STDOUT_FILENO);
  fcntl(wire::kSocketFd, F_SETFD, FD_CLOEXEC);
}

}  // namespace

int main(int argc, char **argv) {
  struct stat socket_state = {};
  if (argc != wire::kArgumentCount || fstat(wire::kSocketFd, &socket_state) != 0 || !S_ISSOCK(socket_state.st_mode)) {
    std::fprintf(stderr,
                 "hal-sim-device: this is the device process of libhal's simulators, which start it themselves\n");
    return EXIT_FAILURE;
  }
  tidy_descriptors();
  if (number(argv[1]) != wire::kWireVersion)
    refuse(HAL_ERR_INCOMPATIBLE, "the device process and the plugin belong to different builds", 0);
  prctl(PR_SET_NAME, "hal-sim-device");
  device::output::install(argv[7]);
  wire::Control &control = map_control();
  const auto page_bytes = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  const wire::PageMap page_map = map_page_map(number(argv[6]), page_bytes);
  map_at("device memory", wire::kArenaFd, number(argv[3]), number(argv[4]), PROT_READ | PROT_WRITE);
  map_at("shared window", wire::kWindowFd, number(argv[5]), number(argv[6]), PROT_NONE);
  device::WindowAccess window(number(argv[5]), page_bytes, page_map, control.window_open);

  device::fault::install(control, window);
  device::fault::prepare_thread();
  control.kill_points.pass(wire::KillPoint::kDeviceMap);
  device::Supervisor supervisor(control, wire::kSocketFd, static_cast<int>(number(argv[2])));
  device::Engine engine(control, {.watch = &supervisor,
                                  .window = &window,
                                  .on_thread_start = device::fault::prepare_thread,
                                  .hooks_path = argv[8]});
  const wire::Reply ready = {};
  wire::send_message(wire::kSocketFd, &ready, sizeof ready);
  supervisor.serve(engine);
}
