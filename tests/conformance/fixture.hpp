// SPDX-License-Identifier: Apache-2.0
//
// What all tests of the suite share: a device of the backend that HAL_BACKEND names, objects that free themselves,
// launches in one line, and `refuses`, which checks a call that must fail.
#ifndef HAL_TESTS_CONFORMANCE_FIXTURE_HPP_
#define HAL_TESTS_CONFORMANCE_FIXTURE_HPP_

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "hal/hal.h"
#include "hal/share_mem.h"

namespace hal::conformance {

inline constexpr std::uint64_t kPatienceNs = 20'000'000'000;
// The unit of ranges to register: a page, but at least 4,096 bytes.
inline const std::uint64_t kPage = std::max(4096L, sysconf(_SC_PAGESIZE));
#ifdef HAL_SANITIZED
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

// Return the name of a status, and the details of the last failure on the calling thread.
std::string status_name(hal_status_t status);
std::string last_failure();

// For EXPECT_TRUE(ok(hal_…(…))).
testing::AssertionResult ok(hal_status_t status);
testing::AssertionResult is(hal_status_t want, hal_status_t got);

// A value that a message must show, in one of several spellings, as a whole word, in upper or lower case.
class Value {
 public:
  Value(const char *text) : spellings_{text} {}
  Value(std::string text) : spellings_{std::move(text)} {}
  Value(std::initializer_list<const char *> any) : spellings_(any.begin(), any.end()) {}
  template <typename T, std::enable_if_t<std::is_integral_v<T>, int> = 0>
  Value(T number) : Value(static_cast<std::uint64_t>(number), std::to_string(number)) {}
  template <typename T>
  Value(T *pointer) : Value(reinterpret_cast<std::uintptr_t>(pointer), {}) {}

  static Value any_of(std::initializer_list<std::uint64_t> numbers);

  bool shown_in(const std::string &text) const;
  std::string describe() const;

 private:
  Value(std::uint64_t number, std::string decimal);
  std::vector<std::string> spellings_;
};
inline const Value kNull = {"null", "nullptr", "0x0", "0", "(nil)"};

// Counts what a process can leak, before and after. It asks a device only if there is one.
class Audit {
 public:
  explicit Audit(hal_device_t device);
  // Succeeds if the counts are those of the start.
  testing::AssertionResult unchanged() const;

 private:
  struct Counts {
    std::uint64_t device_free = 0, mapped_free = 0, descriptors = 0, mappings = 0, threads = 0, children = 0;
  };
  Counts take() const;
  // NULL if the device does not know the property, because a failing query would replace the details of the failure to
  // check; or if others may allocate meanwhile.
  hal_device_t device_ = nullptr;
  hal_device_t mapped_device_ = nullptr;
  Counts before_;
};
std::uint64_t count_children();
// Call it before a fork: if another thread is inside the allocator of a sanitizer, that allocator stays locked in the
// child. It gives up after some seconds, because a thread of a backend may never sleep.
void wait_until_other_threads_sleep();

// The path of a kernel object of the suite, as hal_add_kernel names it: .o if the vendor's compiler makes it, else .so.
std::string object_path(const std::string &backend, const std::string &name);

// Returns the value, or nullopt if the device does not know the property.
std::optional<std::uint64_t> known_property(hal_device_t device, hal_property_t property);
// Whether no other process allocates on the device, so that its free bytes are exact: the device has a process of its
// own, or --exclusive is set.
bool is_ours_alone(hal_device_t device);

// Calls `call` and expects the status; error details with this function, these values in the message, and a hint; and
// an unchanged audit.
void refuses(hal_status_t want, const char *function, std::initializer_list<Value> shown,
             const std::function<hal_status_t()> &call, hal_device_t audited = nullptr,
             const char *file = __builtin_FILE(), int line = __builtin_LINE());

template <typename T>
T sized() {
  T value{};
  value.struct_size = sizeof(T);
  return value;
}
hal_mem_desc_t describe(hal_mem_kind_t kind, std::uint64_t size_bytes, hal_engine_mask_t must_reach = 0);
hal_mem_desc_t describe_range(void *start, std::uint64_t size_bytes);
hal_mem_info_t info_of(hal_mem_t mem);

// Polls until the condition holds. Returns false if it does not hold in time.
template <typename Condition>
bool eventually(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::nanoseconds(kPatienceNs);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
  }
  return true;
}
template <typename T>
T peek(const T *word) {
  return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}
template <typename T>
void poke(T *word, std::type_identity_t<T> value) {
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

// Two words of mapped memory that the host and a kernel exchange while the launch runs: the host writes the first, the
// kernel the second.
class Box {
 public:
  explicit Box(hal_mem_t mem);
  void say(std::uint32_t word) const;
  std::uint32_t heard() const;
  // Whether the kernel writes this word in time.
  bool hears(std::uint32_t word) const;

 private:
  hal_mem_t mem_;
  std::uint32_t *words_;
};

// ---- Objects that free themselves ----------------------------------------------------------------------------------

class Memory {
 public:
  Memory() = default;
  Memory(hal_device_t device, const hal_mem_desc_t &desc);
  Memory(Memory &&other) noexcept : mem_(std::exchange(other.mem_, nullptr)), info_(other.info_) {}
  Memory &operator=(Memory &&) = delete;
  ~Memory();

  operator hal_mem_t() const { return mem_; }
  const hal_mem_info_t &info() const { return info_; }
  std::uint64_t address() const { return info_.device_addr; }
  template <typename T>
  T *host() const {
    return static_cast<T *>(info_.host_ptr);
  }
  // Frees the memory now and returns the status. On success the object no longer has the handle.
  hal_status_t free();
  // Returns the handle and passes it to the caller.
  hal_mem_t release() { return std::exchange(mem_, nullptr); }

 private:
  hal_mem_t mem_ = nullptr;
  hal_mem_info_t info_{};
};

// Private anonymous pages, which can be registered.
class Pages {
 public:
  explicit Pages(std::uint64_t count);
  ~Pages();
  Pages(const Pages &) = delete;
  Pages &operator=(const Pages &) = delete;
  std::uint8_t *data() const { return data_; }
  std::uint64_t size() const { return size_; }
  void release() { data_ = nullptr; }

 private:
  std::uint8_t *data_;
  std::uint64_t size_;
};

class Stream {
 public:
  explicit Stream(hal_device_t device);
  ~Stream();
  Stream(const Stream &) = delete;
  Stream &operator=(const Stream &) = delete;
  operator hal_stream_t() const { return stream_; }

 private:
  hal_stream_t stream_ = nullptr;
};

class Executable {
 public:
  Executable(hal_device_t device, const std::string &path);
  Executable(hal_device_t device, std::span<const std::uint8_t> bytes);
  ~Executable();
  Executable(const Executable &) = delete;
  Executable &operator=(const Executable &) = delete;
  operator hal_executable_t() const { return executable_; }
  hal_kernel_t operator[](const char *name) const;

 private:
  hal_executable_t executable_ = nullptr;
};

class TempFile {
 public:
  explicit TempFile(std::span<const std::uint8_t> bytes);
  ~TempFile();
  TempFile(const TempFile &) = delete;
  TempFile &operator=(const TempFile &) = delete;
  const std::string &path() const { return path_; }
  void rewrite(std::span<const std::uint8_t> bytes) const;

 private:
  std::string path_;
};
std::vector<std::uint8_t> read_file(const std::string &path);

// ---- Launches ------------------------------------------------------------------------------------------------------

template <typename T>
constexpr hal_dtype_t dtype_of() {
  if constexpr (std::is_same_v<T, float>) return HAL_DTYPE_F32;
  if constexpr (std::is_same_v<T, bool>) return HAL_DTYPE_BOOL;
  if constexpr (std::is_same_v<T, std::int8_t>) return HAL_DTYPE_I8;
  if constexpr (std::is_same_v<T, std::int16_t>) return HAL_DTYPE_I16;
  if constexpr (std::is_same_v<T, std::int32_t>) return HAL_DTYPE_I32;
  if constexpr (std::is_same_v<T, std::int64_t>) return HAL_DTYPE_I64;
  if constexpr (std::is_same_v<T, std::uint8_t>) return HAL_DTYPE_U8;
  if constexpr (std::is_same_v<T, std::uint16_t>) return HAL_DTYPE_U16;
  if constexpr (std::is_same_v<T, std::uint32_t>) return HAL_DTYPE_U32;
  return HAL_DTYPE_U64;
}

class Launch {
 public:
  explicit Launch(hal_kernel_t kernel);
  Launch &mem(hal_mem_t mem, std::uint64_t offset_bytes = 0, std::uint64_t size_bytes = 0);
  Launch &tensor(hal_mem_t mem, hal_dtype_t dtype, std::initializer_list<std::uint32_t> shape,
                 std::initializer_list<std::uint32_t> strides = {}, std::uint64_t offset_bytes = 0);
  Launch &addr(std::uint64_t address);
  template <typename T>
  Launch &scalar(T value) {
    std::uint64_t bits = 0;
    __builtin_memcpy(&bits, &value, sizeof(T));
    return scalar(dtype_of<T>(), bits);
  }
  Launch &scalar(hal_dtype_t dtype, std::uint64_t bits);
  Launch &on(hal_stream_t stream) { return desc.stream = stream, *this; }
  Launch &blocks(std::uint32_t count) { return desc.block_count = count, *this; }
  Launch &engine(hal_engine_mask_t engine) { return desc.engine = engine, *this; }
  Launch &convention(hal_convention_t convention) { return desc.convention = convention, *this; }
  Launch &timeout(std::uint64_t timeout_ns) { return desc.timeout_ns = timeout_ns, *this; }

  hal_status_t submit(std::uint64_t *ticket = nullptr);
  std::uint64_t ticket();  // submits, which must succeed

  hal_launch_desc_t desc = sized<hal_launch_desc_t>();
  std::vector<hal_arg_t> args;
};

// ---- The fixture ---------------------------------------------------------------------------------------------------

class Conformance : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  Memory allocate(hal_mem_kind_t kind, std::uint64_t size_bytes) { return {device_, describe(kind, size_bytes)}; }
  Memory import(const Pages &pages) { return {device_, describe_range(pages.data(), pages.size())}; }
  bool has(hal_mem_kind_t kind);
  std::uint64_t property(hal_property_t property);
  // Returns how much DEVICE memory can be allocated at once, at most size_bytes. A simulated device may have less,
  // because the host machine has less.
  std::uint64_t possible_part(std::uint64_t size_bytes);
  std::optional<std::uint64_t> known(hal_property_t property) { return known_property(device_, property); }
  bool ours_alone() { return is_ours_alone(device_); }
  bool separate_process();  // whether kernels run in another process

  // The path of a kernel object of the suite, for example "basics"; for this backend if no other is named.
  std::string object(const std::string &name, const std::string &backend = {});
  std::string other_backend();  // a backend whose kernel objects exist too; "" = none

  void wait(std::uint64_t ticket, hal_stream_t stream = nullptr);
  // Skips the row if the backend never runs such a launch. Call it at the end of a SetUp.
  void skip_unless_run(Launch &launch);
  // Exchanges words with a kernel in this memory while the launch runs. talk is a launch of the kernel "talk".
  void converse(hal_mem_t mem, Launch &talk);
  void run(Launch &launch) { wait(launch.ticket(), launch.desc.stream); }
  void write(hal_mem_t dst, std::uint64_t offset, const void *src, std::uint64_t size, hal_stream_t stream = nullptr);
  void read(void *dst, hal_mem_t src, std::uint64_t offset, std::uint64_t size, hal_stream_t stream = nullptr);
  template <typename T>
  T read_word(hal_mem_t src, std::uint64_t offset = 0) {
    T value{};
    read(&value, src, offset, sizeof(T));
    return value;
  }

  // As the free function, with an audit of this device.
  void refuses(hal_status_t want, const char *function, std::initializer_list<Value> shown,
               const std::function<hal_status_t()> &call, const char *file = __builtin_FILE(),
               int line = __builtin_LINE()) {
    conformance::refuses(want, function, shown, call, device_, file, line);
  }
  void expect_unknown(const void *host_ptr);
  void expect_unknown(hal_device_addr_t address);

  std::string backend_name_, kind_;
  hal_backend_t backend_ = nullptr;
  hal_device_t device_ = nullptr;
  hal_stream_t own_ = nullptr;

 private:
  std::uint64_t children_before_ = 0;
};

// A kernel that runs until the host lets go. Until then, the launch uses all memory of its arguments.
class Held {
 public:
  Held(hal_device_t device, const std::string &basics, hal_stream_t stream = nullptr,
       const std::vector<hal_mem_t> &also_given = {});
  ~Held() { let_go(); }
  Held(const Held &) = delete;
  Held &operator=(const Held &) = delete;
  void let_go();
  std::uint64_t ticket() const { return ticket_; }
  hal_mem_t box() const { return memory_; }
  hal_executable_t executable() const { return executable_; }

 private:
  Executable executable_;
  Memory memory_;
  Box box_;
  hal_stream_t stream_;
  std::uint64_t ticket_ = 0;
  bool held_ = true;
};

// Runs a program. Returns its exit code (128 + signal if a signal ended it) and its output.
struct Finished {
  int code;
  std::string output;
};
Finished run_program(const std::vector<std::string> &arguments);

// The path of hal-conformance-helper, in the folder of this program.
std::string helper_program();

}  // namespace hal::conformance

#endif  // HAL_TESTS_CONFORMANCE_FIXTURE_HPP_
