// SPDX-License-Identifier: Apache-2.0
//
// The last failure of the calling thread, and how a function of libhal fails: `return fail(status, message, hint)`.
#ifndef HAL_SRC_DIAGNOSTICS_ERROR_HPP_
#define HAL_SRC_DIAGNOSTICS_ERROR_HPP_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "hal/hal_plugin.h"

namespace hal::core {

inline constexpr std::size_t kErrorTextBytes = 1024;
inline constexpr std::size_t kKernelNameBytes = 512;

// What is known about a failed kernel; empty for every other failure.
struct KernelFacts {
  std::uint64_t address = 0;
  std::uint32_t block = 0;
  hal_fault_flags_t flags = 0;
  char kernel[kKernelNameBytes] = {};
};

// One failure with buffers for its texts, so that failing allocates nothing.
struct ErrorRecord {
  hal_status_t status = HAL_OK;
  std::int64_t native_code = 0;
  const char *function = "";
  char domain[16] = {};
  char component[64] = {};
  char message[kErrorTextBytes] = {};
  char hint[kErrorTextBytes] = {};
  KernelFacts facts;
};

// Records a failure of libhal itself for this thread and returns status.
hal_status_t fail(hal_status_t status, std::string_view message, std::string_view hint = {}) noexcept;

// As fail, with an errno; the text of the errno is added to the message.
hal_status_t fail_errno(hal_status_t status, int error, std::string_view message, std::string_view hint = {});

// Records the exception being handled. Call it from a catch block.
hal_status_t fail_exception() noexcept;

// Runs body; an exception becomes a recorded failure.
template <typename Body>
hal_status_t guarded(Body &&body) noexcept {
  try {
    return std::forward<Body>(body)();
  } catch (...) {
    return fail_exception();
  }
}

// A plugin describes a failure before its operation returns. That description is staged: fail_staged records it, and a
// successful operation drops it. Each call replaces the staged description and its kernel facts.
void stage_error(std::int64_t native_code, std::string_view domain, std::string_view message,
                 std::string_view hint) noexcept;

// Whether the operation that just failed has staged a description.
bool has_staged_error() noexcept;

// Adds kernel facts to the staged description, if there is one. The plugin's struct may have any length and any bits.
void stage_kernel_fault(const hal_kernel_fault_v1_t &fault) noexcept;

// Drops the staged description of an operation that succeeded, before the next operation of the same public call.
void drop_staged_error() noexcept;

// Records the staged description, or message and hint if there is none, and returns status. Kernel facts are recorded
// only with KERNEL_FAULT and KERNEL_TIMEOUT.
hal_status_t fail_staged(std::string_view component, hal_status_t status, std::string_view message,
                         std::string_view hint) noexcept;

// The last failure of this thread, and how to restore one that was saved.
const ErrorRecord &last_error() noexcept;
void restore_error(const ErrorRecord &record) noexcept;

// Removes and returns the staged description; its texts are empty if there was none.
ErrorRecord take_staged_error() noexcept;

// While one exists, fail() and fail_staged() record nothing and only return their status. Use it where a failure is an
// expected answer.
class QuietErrors {
 public:
  QuietErrors() noexcept;
  ~QuietErrors();
  QuietErrors(const QuietErrors &) = delete;
  QuietErrors &operator=(const QuietErrors &) = delete;
};

// The public function that this thread runs, and its return address. A nested scope changes nothing.
class ApiScope {
 public:
  explicit ApiScope(const char *function, void *caller = nullptr) noexcept;
  ~ApiScope();
  ApiScope(const ApiScope &) = delete;
  ApiScope &operator=(const ApiScope &) = delete;

 private:
  const char **slot_ = nullptr;
};

// The return address of the public function that this thread runs.
void *api_caller() noexcept;

}  // namespace hal::core

#endif  // HAL_SRC_DIAGNOSTICS_ERROR_HPP_
