// SPDX-License-Identifier: Apache-2.0
//
// The calling thread's last failure, and how a function of the core fails: `return fail(status, message, hint)`.
#ifndef HAL_SRC_ERROR_HPP_
#define HAL_SRC_ERROR_HPP_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "hal/hal_plugin.h"

namespace hal::core {

inline constexpr std::size_t kErrorTextBytes = 1024;
inline constexpr std::size_t kKernelNameBytes = 512;

// The facts of a kernel that failed; none for any failure that is not a kernel's.
struct KernelFacts {
  std::uint64_t address = 0;
  std::uint32_t block = 0;
  hal_fault_flags_t flags = 0;
  char kernel[kKernelNameBytes] = {};
};

// One failure with room for its words, so that failing allocates nothing.
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

// Records a failure of the core for this thread and returns status.
hal_status_t fail(hal_status_t status, std::string_view message, std::string_view hint = {}) noexcept;

// The same with the errno of the layer below; its text is added to the message.
hal_status_t fail_errno(hal_status_t status, int error, std::string_view message, std::string_view hint = {});

// Keeps what a plugin says about the operation under way, until fail_staged makes it this thread's failure. A plugin
// that tells a story and then succeeds changes nothing. Each call begins a new story, without facts of a kernel.
void stage_error(std::int64_t native_code, std::string_view domain, std::string_view message,
                 std::string_view hint) noexcept;

// Whether the operation that just failed left a story.
bool has_staged_error() noexcept;

// Adds the facts of a kernel to the staged story, if there is one. Whatever length and bits the plugin's struct has.
void stage_kernel_fault(const hal_kernel_fault_v1_t &fault) noexcept;

// Forgets the staged story: the operation that told it has gone well, and another follows in the same public call.
void drop_staged_error() noexcept;

// Records the staged story, or message and hint if there is none, and returns status. Facts of a kernel count only with
// a status that is a kernel's.
hal_status_t fail_staged(std::string_view component, hal_status_t status, std::string_view message,
                         std::string_view hint) noexcept;

// What the thread's last failure was, and putting a kept one back.
const ErrorRecord &last_error() noexcept;
void restore_error(const ErrorRecord &record) noexcept;

// Takes the staged story away; domain, message and hint are empty if there was none.
ErrorRecord take_staged_error() noexcept;

// Inside one, fail() and fail_staged() only return their status: for questions whose "no" is an answer.
class QuietErrors {
 public:
  QuietErrors() noexcept;
  ~QuietErrors();
  QuietErrors(const QuietErrors &) = delete;
  QuietErrors &operator=(const QuietErrors &) = delete;
};

// Names the public function that this thread is in, and where it returns to; the outermost one counts.
class ApiScope {
 public:
  explicit ApiScope(const char *function, void *caller = nullptr) noexcept;
  ~ApiScope();
  ApiScope(const ApiScope &) = delete;
  ApiScope &operator=(const ApiScope &) = delete;

 private:
  const char **slot_ = nullptr;
};

// Where in the application the public function that this thread is in was called.
void *api_caller() noexcept;

}  // namespace hal::core

#endif  // HAL_SRC_ERROR_HPP_
