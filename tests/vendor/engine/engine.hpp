// SPDX-License-Identifier: Apache-2.0
//
// The state of the stand-in's libraries. One mutex protects all of it. Only tasks of streams run without the mutex.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "api.hpp"
#include "codes.hpp"

namespace standin {

using Address = std::uintptr_t;
using Lock = std::unique_lock<std::mutex>;

struct Soc {
  std::string name;
  std::string chip;  // "a2a3", "a5", or empty for a chip that libhal does not know
  int npu_arch = 0;
  int cube_cores = 0, vector_cores = 0;
  std::int64_t l2_bytes = 0;
};

struct Config {
  Soc soc;
  bool soc_unknown = false;  // the name queries fail
  int devices = 2;
  std::uint64_t hbm_bytes = std::uint64_t{4} << 30;
  std::string driver = "ok";
  bool register_supported = true;
  std::string capabilities = "aic,aiv";
  std::uint64_t timeout_ms = 0;
  bool poison_release = false;
  bool abort_on_violation = false;
  std::string report;
};

// A part of a device's memory. `address` is the device address. Only a kernel may access it.
struct Allocation {
  Address address = 0;
  std::uint64_t bytes = 0;
  std::size_t offset = 0, length = 0;  // whole pages of the arena
  Family family = Family::acl;
};

// A device's memory: the same pages are mapped twice. The host cannot access the view at `device`; a kernel opens it in
// its own process. Copies use `alias`.
class Arena {
 public:
  explicit Arena(std::uint64_t bytes);
  ~Arena();
  Arena(const Arena &) = delete;
  Arena &operator=(const Arena &) = delete;
  // False if there is not enough space. `skew` is added to the page's start, so that addresses are aligned to only 64
  // bytes.
  bool take(std::uint64_t bytes, std::size_t skew, Allocation &out);
  void give(const Allocation &allocation);
  char *alias(Address address) const { return alias_ + (address - reinterpret_cast<Address>(device_)); }
  bool has(Address address) const {
    return address >= reinterpret_cast<Address>(device_) && address - reinterpret_cast<Address>(device_) < bytes_;
  }
  std::uint64_t bytes() const { return bytes_; }
  std::uint64_t used() const { return used_; }

 private:
  std::uint64_t bytes_, used_ = 0;
  int file_;
  char *device_, *alias_;
  std::map<std::size_t, std::size_t> taken_;  // offset, length
};

// A range of host memory that a device accesses at `address`, through a second mapping of the same pages.
struct Mapping {
  Address host = 0;
  std::uint64_t bytes = 0;
  Address address = 0;
  bool v2 = false;
  Family family = Family::acl;
};

struct Device {
  explicit Device(int n, std::uint64_t bytes) : number(n), arena(bytes) {}
  int number;
  unsigned references = 0;  // calls of SetDevice minus calls of ResetDevice
  void *primary = nullptr;
  Arena arena;
  std::map<Address, Allocation> allocations, staging;  // staging: arguments of launches
  std::map<Address, Mapping> mappings;                 // by host address
  std::vector<std::thread> helpers;
  bool helpers_end = false, closing = false;
};

struct Stream;

struct Context {
  void *handle = nullptr;
  int device = 0;
  bool primary = false;
  void *stream = nullptr;  // the default one
  int poison = 0;          // the fault that made it unusable
};

struct Task {
  std::function<int(Stream &)> run;  // runs without the lock
  bool is_mark = false;              // the task does not access memory
};

struct Stream {
  void *handle = nullptr;
  std::int32_t id = 0;
  void *context = nullptr;
  int device = 0;
  bool is_default = false;
  std::uint32_t flags = 0;
  std::deque<Task> tasks;
  bool running = false, ending = false;
  std::uint64_t submitted = 0, completed = 0;
  std::uint64_t aborts = 0;         // number of aborts
  std::uint64_t aborts_before = 0;  // its value when the running task started
  int error = 0;                    // of the first task that failed; every wait reports it
  pid_t kernel = 0;                 // the process that runs this stream's kernel
  std::thread worker;
};

// Whether the running task was aborted and must stop waiting. The caller holds the lock.
inline bool was_aborted(const Stream &stream) { return stream.aborts != stream.aborts_before; }

struct Event {
  void *handle = nullptr;
  void *context = nullptr;
  std::uint32_t flags = 0;
  bool modern = false;
  Family family = Family::acl;
  std::uint64_t recorded = 0, completed = 0;  // numbers of the last submitted and the last completed record
  std::uint64_t nanoseconds = 0;              // when the last one completed
  std::uint64_t waiters = 0;
};

struct Binary {
  void *handle = nullptr;
  void *context = nullptr;
  int device = 0;
  std::string chip, engine;
  void *library = nullptr;
  int file = -1;
  std::uint64_t launches = 0;  // unfinished launches
};

struct Function {
  void *handle = nullptr;
  void *binary = nullptr;
  std::string name;
  void *code = nullptr;
  void *state = nullptr;        // the object's standin_kernel_state
  const char *kinds = nullptr;  // of its parameters, if the object has STANDIN_PARAMETERS
};

struct HostBlock {
  Address address = 0;
  std::uint64_t bytes = 0;
  char *base = nullptr;
  std::size_t length = 0;
  Family family = Family::acl;
};

// The runtime's own table of registrations. It is one table per process, as in the vendor's runtime (host_unregister).
struct Registered {
  std::uint64_t bytes = 0;
  bool pinned_only = false;
};

// A part of the caller's private memory that was replaced by shared memory with the same content.
struct Converted {
  Address address = 0;
  std::size_t length = 0;
};

struct ArgumentList;

struct Engine {
  std::mutex mutex;
  std::condition_variable changed;
  Config config;
  std::map<std::string, std::string> settings;  // by standin_set
  int release = 910, default_devices = 2;
  bool open = false;
  std::vector<int> visible;  // physical numbers

  unsigned inits = 0;
  bool finalized = false;
  std::map<int, std::unique_ptr<Device>> devices;
  std::map<void *, std::unique_ptr<Context>> contexts;
  std::map<void *, std::unique_ptr<Stream>> streams;
  std::map<void *, std::unique_ptr<Event>> events;
  std::map<void *, std::unique_ptr<Binary>> binaries;
  std::map<void *, std::unique_ptr<Function>> functions;
  std::map<void *, std::shared_ptr<ArgumentList>> arguments;
  std::map<void *, std::vector<char>> descriptions;  // CreateBinary's
  std::map<Address, HostBlock> host_blocks;
  std::map<Address, Registered> registered;
  std::vector<Converted> converted;
  std::uint64_t execute_timeout_us = 0, wait_timeout_s = 0;
  std::int32_t next_stream_id = 0;
  std::uintptr_t next_handle = 0;
};

Engine &engine();
// A unique value that is not a readable address.
void *new_handle(Engine &e);

// control.cpp
void violation(const char *format, ...) __attribute__((format(printf, 1, 2)));
const char *current_function();
Family current_family();
// Sets the reason why the current call fails, for its recent error text. Returns `code`.
int because(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));
// The code for an invalid argument. The acl layer has its own.
int bad_argument(const char *what);
char *take_recent_error();
int take_last_code(bool clear);
std::vector<std::string> alive();
bool spec_of_failures(const std::string &text, std::string &error);

// config.cpp
Config read_config(Engine &e, int default_devices);
std::vector<int> visible_devices(const char *list, int devices);

// context.cpp
enum class Use { work, release };  // release calls also work on a poisoned context, unless POISON=release
// The calling thread's context, or null with `code` set. A call without a context is a violation.
Context *need_context(Engine &e, int &code, Use use = Use::work);
void *&thread_context();
void make_primary(Engine &e, Device &device);
void close_device(Engine &e, Lock &lock, int number, bool force);
void remove_context(Engine &e, Lock &lock, void *handle, bool force);
int poison_of(Engine &e, void *context);

// memory.cpp, registration.cpp
enum class Where { pageable, pinned, device, device_bounds, mapped };
struct Place {
  Where where = Where::pageable;
  int device = -1;
};
Place locate(Engine &e, const void *pointer, std::uint64_t bytes);
std::size_t page_bytes();
void drop_registrations(Engine &e, Device &device);
const Mapping *mapping_within(Engine &e, Address address, std::uint64_t bytes);
void forget_mapping(Engine &e, Device &device, Address host, bool intact);

// host_memory.cpp
struct Area {
  Address begin = 0, end = 0;
  bool readable = false, writable = false, shared = false;
};
// The memory areas of the process from `address` to `address + bytes`, in order; empty if there is a hole.
std::vector<Area> areas_of(Address address, std::uint64_t bytes);
// A second view of the same pages that the host cannot access. Returns 0 and changes nothing if there is not enough
// memory.
Address second_view(Engine &e, Address host, std::uint64_t bytes);
void close_view(Address view, std::uint64_t bytes);
// Turns memory that no registration uses back into private memory of the caller.
void restore_private(Engine &e, Address host, std::uint64_t bytes);

// stream.cpp
bool is_busy(const Stream &stream);
Stream *find_stream(Engine &e, void *handle, Context &context, int &code);
Stream *make_stream(Engine &e, Context &context, std::uint32_t flags, bool is_default);
void submit(Engine &e, Stream &stream, Task task);
void end_stream(Engine &e, Lock &lock, void *handle, bool force);
int wait_idle(Engine &e, Lock &lock, void *handle, std::uint64_t ticket, std::int32_t timeout_ms, int timeout_code);
void settle_device(Engine &e, Lock &lock, int device);
// binary.cpp
std::vector<char> read_bytes(const char *path);
void unload(Engine &e, void *handle);

}  // namespace standin
