// SPDX-License-Identifier: Apache-2.0
#include "diagnostics/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <new>

#include "support/text.hpp"

namespace hal::core {
namespace {

// Every call touches this. The large records are separate, since only failing calls touch them.
struct ThreadState {
  const char *function = nullptr;
  void *caller = nullptr;
  std::uint32_t quiet = 0;
  bool staged = false;
};

thread_local constinit ThreadState thread_state;
thread_local constinit ErrorRecord last_record;
thread_local constinit ErrorRecord staged_record;

// Every text of a record passes these two. It may hold names from files, variables and other programs.
template <std::size_t Size>
void assign(char (&buffer)[Size], std::string_view text) noexcept {
  copy_escaped(buffer, Size, text);
}

template <std::size_t Size>
void assign_message(char (&buffer)[Size], std::string_view text) noexcept {
  copy_message(buffer, Size, text);
}

void begin_record(hal_status_t status, std::string_view component) noexcept {
  last_record.status = status;
  last_record.function = thread_state.function != nullptr ? thread_state.function : "";
  assign(last_record.component, component);
}

bool is_of_a_kernel(hal_status_t status) noexcept {
  return status == HAL_ERR_KERNEL_FAULT || status == HAL_ERR_KERNEL_TIMEOUT;
}

void forget(KernelFacts &facts) noexcept {
  facts.address = 0;
  facts.block = 0;
  facts.flags = 0;
  facts.kernel[0] = '\0';
}

void record(hal_status_t status, std::int64_t native_code, std::string_view domain, std::string_view component,
            std::string_view message, std::string_view hint) noexcept {
  if (thread_state.quiet > 0) return;
  begin_record(status, component);
  last_record.native_code = native_code;
  assign(last_record.domain, domain);
  assign_message(last_record.message, message);
  assign_message(last_record.hint, hint);
  forget(last_record.facts);
}

}  // namespace

hal_status_t fail(hal_status_t status, std::string_view message, std::string_view hint) noexcept {
  record(status, 0, {}, "core", message, hint);
  return status;
}

hal_status_t fail_errno(hal_status_t status, int error, std::string_view message, std::string_view hint) {
  char buffer[128] = {};
  const char *text = strerror_r(error, buffer, sizeof(buffer));
  record(status, error, "errno", "core", fmt::format("{}: {}", message, text), hint);
  return status;
}

hal_status_t fail_exception() noexcept {
  try {
    throw;
  } catch (const std::bad_alloc &) {
    return fail(HAL_ERR_OUT_OF_MEMORY, "the host process is out of memory", "free memory or use smaller sizes");
  } catch (const std::exception &error) {
    try {
      return fail(HAL_ERR_INTERNAL, fmt::format("unexpected error in libhal: {}", error.what()),
                  "report this as a bug");
    } catch (...) {
      return fail(HAL_ERR_INTERNAL, "unexpected error in libhal", "report this as a bug");
    }
  } catch (...) {
    return fail(HAL_ERR_INTERNAL, "unexpected exception of unknown type in libhal", "report this as a bug");
  }
}

void stage_error(std::int64_t native_code, std::string_view domain, std::string_view message,
                 std::string_view hint) noexcept {
  thread_state.staged = true;
  staged_record.native_code = native_code;
  assign(staged_record.domain, domain);
  assign_message(staged_record.message, message);
  assign_message(staged_record.hint, hint);
  forget(staged_record.facts);
}

void stage_kernel_fault(const hal_kernel_fault_v1_t &fault) noexcept {
  if (!thread_state.staged) return;
  hal_kernel_fault_v1_t given = {};
  std::memcpy(&given, &fault, std::min<std::size_t>(fault.struct_size, sizeof(given)));
  constexpr hal_fault_flags_t kKnown = HAL_FAULT_HAS_BLOCK | HAL_FAULT_HAS_ADDR | HAL_FAULT_READ | HAL_FAULT_WRITE;
  KernelFacts &facts = staged_record.facts;
  facts.flags = given.fault_flags & kKnown;
  facts.address = (facts.flags & HAL_FAULT_HAS_ADDR) != 0 ? given.fault_addr : 0;
  facts.block = (facts.flags & HAL_FAULT_HAS_BLOCK) != 0 ? given.block : 0;
  assign(facts.kernel, given.kernel != nullptr ? given.kernel : "");
}

void drop_staged_error() noexcept { thread_state.staged = false; }

bool has_staged_error() noexcept { return thread_state.staged; }

hal_status_t fail_staged(std::string_view component, hal_status_t status, std::string_view message,
                         std::string_view hint) noexcept {
  const bool staged = thread_state.staged;
  thread_state.staged = false;
  if (!staged) {
    record(status, 0, {}, component, message, hint);
    return status;
  }
  record(status, staged_record.native_code, staged_record.domain, component, staged_record.message, staged_record.hint);
  if (thread_state.quiet == 0 && is_of_a_kernel(status)) last_record.facts = staged_record.facts;
  return status;
}

const ErrorRecord &last_error() noexcept { return last_record; }

void restore_error(const ErrorRecord &record) noexcept { last_record = record; }

ErrorRecord take_staged_error() noexcept {
  if (!thread_state.staged) return {};
  thread_state.staged = false;
  return staged_record;
}

QuietErrors::QuietErrors() noexcept { ++thread_state.quiet; }

QuietErrors::~QuietErrors() {
  --thread_state.quiet;
  thread_state.staged = false;
}

ApiScope::ApiScope(const char *function, void *caller) noexcept {
  ThreadState &state = thread_state;
  if (state.function != nullptr) return;
  state.function = function;
  state.caller = caller;
  state.staged = false;
  slot_ = &state.function;
}

ApiScope::~ApiScope() {
  if (slot_ != nullptr) *slot_ = nullptr;
}

void *api_caller() noexcept { return thread_state.caller; }

}  // namespace hal::core
