// SPDX-License-Identifier: Apache-2.0
//
// Launches. Each kernel runs in its own process, which can access the device's memory but not the host's. A crash there
// is an exception of the core, and a kernel that never ends can be killed.
#include <ffi.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "arguments.hpp"
#include "engine.hpp"
#include "kernel_state.hpp"

namespace standin {
namespace {

constexpr std::size_t word_limit = 128, args_limit = 65536;
constexpr std::uint32_t block_limit = 65535;

struct LaunchConfig {
  const struct { std::uint32_t id, value[4]; } * attributes;
  std::size_t count;
};

struct Options {
  std::uint64_t timeout_us = 0;
  bool cube = false;
};

struct Range {
  Address address;
  std::uint64_t bytes;
};

// Everything that the kernel's process needs, collected before it starts.
struct Launch {
  void *binary = nullptr;
  void *code = nullptr;
  const char *kinds = nullptr;
  KernelState *state = nullptr;
  std::uint32_t blocks = 0;
  Address args = 0;
  std::size_t words = 0;
  Options options;
  std::vector<Range> open, closed;
};

enum Outcome : int { died = 0, done = 1, exception = STANDIN_STOPPED_EXCEPTION, timeout = STANDIN_STOPPED_TIMEOUT };

Range pages(Address address, std::uint64_t bytes) {
  const Address begin = address / page_bytes() * page_bytes();
  return {begin, (address + bytes - begin + page_bytes() - 1) / page_bytes() * page_bytes()};
}

void gather(Engine &e, int number, Launch &launch) {
  for (const auto &[other, device] : e.devices) {
    for (const auto &[host, mapping] : device->mappings) launch.closed.push_back({host, mapping.bytes});
    if (other != number) continue;
    for (const auto *map : {&device->allocations, &device->staging}) {
      for (const auto &[address, one] : *map) launch.open.push_back(pages(address, one.bytes));
    }
    for (const auto &[host, mapping] : device->mappings) launch.open.push_back({mapping.address, mapping.bytes});
  }
  for (const auto &[address, block] : e.host_blocks) {
    launch.closed.push_back({reinterpret_cast<Address>(block.base), block.length});
  }
}

volatile int *outcome_cell = nullptr;  // used only in the kernel's process

void stop(int how) {
  *outcome_cell = how;
  ::_exit(0);
}

template <std::size_t... I>
#if defined(__clang__)
__attribute__((no_sanitize("function")))
#endif
void call(void *code, const std::int64_t *words, std::index_sequence<I...>) {
  // Extra words are harmless: the kernel does not read them.
  reinterpret_cast<void (*)(decltype(I, std::int64_t{})...)>(code)(words[I]...);
}

ffi_type *type_of(char kind) {
  switch (kind) {
    case 'f':
      return &ffi_type_float;
    case 'd':
      return &ffi_type_double;
    case '1':
      return &ffi_type_sint8;
    case '2':
      return &ffi_type_sint16;
    case '4':
      return &ffi_type_sint32;
    case 'a':
      return &ffi_type_uint8;
    case 'b':
      return &ffi_type_uint16;
    case 'c':
      return &ffi_type_uint32;
    default:
      return &ffi_type_sint64;
  }
}

// A core reads each parameter from its slot, but the host's calling convention depends on the kinds.
void call_as(void *code, std::int64_t *words, const char *kinds) {
  ffi_type *types[word_limit];
  void *values[word_limit];
  const auto count = static_cast<unsigned>(std::min(std::strlen(kinds), word_limit));
  for (unsigned i = 0; i < count; ++i) {
    types[i] = type_of(kinds[i]);
    values[i] = &words[i];
  }
  ffi_cif interface;
  if (ffi_prep_cif(&interface, FFI_DEFAULT_ABI, count, &ffi_type_void, types) != FFI_OK) std::abort();
  ffi_call(&interface, FFI_FN(code), nullptr, values);
}

// The kernel's process. It must not take a lock that a thread of the host may hold at the fork.
[[noreturn]] void run_kernel(const Launch &launch, volatile int *outcome) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const struct rlimit none = {0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  for (const int number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP}) std::signal(number, SIG_DFL);
  for (const Range &range : launch.closed) ::mprotect(reinterpret_cast<void *>(range.address), range.bytes, PROT_NONE);
  for (const Range &range : launch.open) {
    ::mprotect(reinterpret_cast<void *>(range.address), range.bytes, PROT_READ | PROT_WRITE);
  }
  outcome_cell = outcome;
  std::int64_t words[word_limit] = {};
  std::memcpy(words, reinterpret_cast<const void *>(launch.args), launch.words * sizeof words[0]);
  for (std::uint32_t block = 0; block < launch.blocks; ++block) {
    *launch.state = {block, launch.blocks, 0, 1, stop};
    if (launch.kinds != nullptr) {
      call_as(launch.code, words, launch.kinds);
    } else {
      call(launch.code, words, std::make_index_sequence<word_limit>{});
    }
  }
  *outcome = done;
  ::_exit(0);
}

// Whether the process ended in time. With 0 there is no limit, and no descriptor is opened that a test would count.
bool ended(pid_t process, std::uint64_t timeout_us) {
  if (timeout_us == 0) return true;  // the caller waits when it reaps the process
  const int file = static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
  if (file < 0) {
    std::perror("stand-in: pidfd_open failed (it needs Linux 5.3)");
    return false;
  }
  struct timespec limit = {static_cast<time_t>(timeout_us / 1000000), static_cast<long>(timeout_us % 1000000 * 1000)};
  struct pollfd poll = {file, POLLIN, 0};
  int n;
  do {
    n = ::ppoll(&poll, 1, &limit, nullptr);
  } while (n < 0 && errno == EINTR);
  ::close(file);
  return n > 0;
}

int run(Engine &e, Stream &stream, Launch launch) {
  void *page = ::mmap(nullptr, page_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  auto *outcome = static_cast<volatile int *>(page);
  Lock lock(e.mutex);
  gather(e, stream.device, launch);
  lock.unlock();
  const pid_t process = page == MAP_FAILED ? -1 : ::fork();
  if (process == 0) run_kernel(launch, outcome);
  int answer = launch.options.cube ? code::aic_exception : code::aiv_exception;
  if (process > 0) {
    lock.lock();
    stream.kernel = process;
    if (was_aborted(stream)) ::kill(process, SIGKILL);
    lock.unlock();
    const bool in_time = ended(process, launch.options.timeout_us);
    if (!in_time) ::kill(process, SIGKILL);
    while (::waitpid(process, nullptr, 0) < 0 && errno == EINTR) {
    }
    const int how = *outcome;
    if (how == done) answer = 0;
    if (how == timeout || !in_time) answer = launch.options.cube ? code::aic_timeout : code::aiv_timeout;
  }
  if (page != MAP_FAILED) ::munmap(page, page_bytes());
  lock.lock();
  stream.kernel = 0;
  if (was_aborted(stream)) return code::stream_abort;
  if (answer == 0) return 0;
  for (const auto &[handle, context] : e.contexts) {
    if (context->device == stream.device) context->poison = answer;
  }
  e.changed.notify_all();
  return answer;
}

int read_options(Engine &e, const Binary &binary, const LaunchConfig *config, Options &out) {
  out.cube = binary.engine == "aic";
  out.timeout_us = e.execute_timeout_us != 0 ? e.execute_timeout_us : e.config.timeout_ms * 1000;
  bool limited = false;
  for (std::size_t i = 0; config != nullptr && i < config->count; ++i) {
    const auto &one = config->attributes[i];
    const std::uint32_t last = e.release >= 850 ? 8 : 1;
    if (one.id == 0 || one.id > last) return because(code::invalid, "launch attribute %u is unknown", one.id);
    const bool bad = (one.id == 1 && one.value[0] > 1) || (one.id == 3 && one.value[0] > 1);
    if (bad) return because(code::invalid, "launch attribute %u has the invalid value %u", one.id, one.value[0]);
    const bool rest = one.value[2] != 0 || one.value[3] != 0 || (one.id != 8 && one.value[1] != 0);
    if (rest || (one.id == 7 && one.value[0] > 0xffff)) {
      violation("launch attribute %u has unused bytes that are not zero", one.id);
    }
    if (one.id == 3) out.cube = one.value[0] == 0;
    if (one.id != 7 && one.id != 8) continue;
    if (limited) return because(code::invalid, "both TIMEOUT and TIMEOUT_US are given");
    limited = true;
    out.timeout_us = one.id == 7 ? std::uint64_t{one.value[0] & 0xffff} * 1000000
                                 : one.value[0] | static_cast<std::uint64_t>(one.value[1]) << 32;
  }
  return 0;
}

// The checks of all launches. The caller holds the lock. If `staged`, the engine frees the arguments.
int begin(Engine &e, void *function_handle, std::uint32_t blocks, void *stream_handle, const void *config,
          Launch &launch, Stream *&stream) {
  int code = 0;
  Context *context = need_context(e, code);
  if (context == nullptr) return code;
  if (function_handle == nullptr) return bad_argument("null function");
  const auto it = e.functions.find(function_handle);
  if (it == e.functions.end()) return because(code::invalid_handle, "%p is not a function", function_handle);
  if ((stream = find_stream(e, stream_handle, *context, code)) == nullptr) return code;
  if (blocks == 0 || blocks > block_limit) return because(code::invalid, "%u blocks are out of range", blocks);
  const Binary &binary = *e.binaries.at(it->second->binary);
  if (binary.device != context->device) {
    violation("a kernel loaded on device %d was launched on device %d", binary.device, context->device);
    return because(code::invalid, "the binary is loaded on another device");
  }
  launch.binary = binary.handle;
  launch.code = it->second->code;
  launch.kinds = it->second->kinds;
  launch.state = static_cast<KernelState *>(it->second->state);
  launch.blocks = blocks;
  return read_options(e, binary, static_cast<const LaunchConfig *>(config), launch.options);
}

void enqueue(Engine &e, Stream &stream, const Launch &launch, bool staged) {
  ++e.binaries.at(launch.binary)->launches;
  // Runs when the task is destroyed, executed or dropped, with the lock held.
  const std::shared_ptr<void> end(
      nullptr, [&e, binary = launch.binary, args = launch.args, staged, device = stream.device](void *) {
        const auto it = e.binaries.find(binary);
        if (it != e.binaries.end()) --it->second->launches;
        const auto at = e.devices.find(device);
        if (!staged || at == e.devices.end()) return;
        at->second->arena.give(at->second->staging.at(args));
        at->second->staging.erase(args);
      });
  submit(e, stream, {[&e, launch, end](Stream &self) { return run(e, self, launch); }});
}

// Copies the arguments to the device and writes the device addresses of the data into the slots.
int stage(Device &device, const Packed &packed, Launch &launch) {
  Allocation block;
  const std::size_t bytes = std::max<std::size_t>(packed.bytes.size(), 8);
  if (!device.arena.take(bytes, 64, block))
    return because(code::out_of_memory, "not enough device memory for the arguments");
  block.bytes = bytes;
  char *at = device.arena.alias(block.address);
  std::memset(at, 0, bytes);
  if (!packed.bytes.empty()) std::memcpy(at, packed.bytes.data(), packed.bytes.size());
  for (const PlaceHolder &one : packed.placeholders) {
    const std::uint64_t address = block.address + one.data_offset;
    std::memcpy(at + one.address_offset, &address, sizeof address);
  }
  device.staging[block.address] = block;
  launch.args = block.address;
  launch.words = packed.parameter_bytes / 8;
  return 0;
}

// A slot may also be inside the data. The address is written there too.
int check_args(Packed &packed) {
  const std::size_t bytes = packed.bytes.size();
  packed.parameter_bytes = bytes;
  for (const PlaceHolder &one : packed.placeholders) {
    if (one.data_offset >= bytes || one.address_offset % 8 != 0 || bytes < 8 || one.address_offset > bytes - 8) {
      return because(code::invalid, "placeholder {%u, %u} is outside the %zu bytes", one.address_offset,
                     one.data_offset, bytes);
    }
    packed.parameter_bytes = std::min<std::size_t>(packed.parameter_bytes, one.data_offset);
  }
  if (packed.parameter_bytes % 8 != 0)
    return because(code::invalid, "the size of the parameters is not a multiple of 8");
  if (packed.parameter_bytes / 8 > word_limit)
    return because(code::over_limit, "%zu parameters are too many", packed.parameter_bytes / 8);
  return 0;
}

}  // namespace

int launch_host_args(void *function, std::uint32_t blocks, void *stream_handle, const void *config, const void *args,
                     std::uint64_t bytes, const void *placeholders, std::uint64_t count) {
  if ((args == nullptr && bytes != 0) || (placeholders == nullptr && count != 0)) return bad_argument("null arguments");
  if (bytes > args_limit || count > word_limit) return because(code::over_limit, "too many arguments");
  Packed packed;
  const auto *from = static_cast<const char *>(args);
  const auto *slots = static_cast<const PlaceHolder *>(placeholders);
  if (bytes != 0) packed.bytes.assign(from, from + bytes);
  if (count != 0) packed.placeholders.assign(slots, slots + count);
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  Launch launch;
  Stream *stream = nullptr;
  int code = begin(e, function, blocks, stream_handle, config, launch, stream);
  if (code == 0) code = check_args(packed);
  if (code == 0) code = stage(*e.devices.at(stream->device), packed, launch);
  if (code == 0) enqueue(e, *stream, launch, true);
  return code;
}

int launch_handle(void *function, std::uint32_t blocks, void *stream_handle, const void *config, void *handle,
                  const void *reserve) {
  if (reserve != nullptr) return because(code::invalid, "the reserved argument is not null");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  Launch launch;
  Stream *stream = nullptr;
  int code = begin(e, function, blocks, stream_handle, config, launch, stream);
  if (code != 0) return code;
  const auto it = e.arguments.find(handle);
  if (it == e.arguments.end()) return because(code::invalid_handle, "%p is not an argument list", handle);
  if (it->second->function != function) return because(code::invalid, "the arguments are for another function");
  if (!it->second->finalized) return because(code::invalid, "the arguments are not finalised");
  Packed packed;
  if (!pack(*it->second, packed)) return because(code::invalid, "a placeholder has no data");
  code = stage(*e.devices.at(stream->device), packed, launch);
  if (code == 0) enqueue(e, *stream, launch, true);
  return code;
}

// The arguments are in the device's memory and are read when the kernel starts.
int launch_device_args(void *function, std::uint32_t blocks, void *stream_handle, const void *config, const void *args,
                       std::uint64_t bytes) {
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  Launch launch;
  Stream *stream = nullptr;
  const int code = begin(e, function, blocks, stream_handle, config, launch, stream);
  if (code != 0) return code;
  if (bytes % 8 != 0 || bytes / 8 > word_limit)
    return because(code::invalid, "%llu bytes of arguments are invalid", static_cast<unsigned long long>(bytes));
  const Place place = locate(e, args, bytes);
  if (bytes != 0 && (place.where != Where::device || place.device != stream->device)) {
    violation("%s: %p is not device memory", current_function(), args);
    return because(code::invalid, "the arguments are not in the device's memory");
  }
  launch.args = reinterpret_cast<Address>(args);
  launch.words = bytes / 8;
  enqueue(e, *stream, launch, false);
  return 0;
}

}  // namespace standin
