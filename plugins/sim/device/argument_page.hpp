// SPDX-License-Identifier: Apache-2.0
//
// Arguments that kernels read on a page that they cannot write to, so that they need not be made anew for each block. A
// kernel may write to its arguments all the same: the first store of one raises a signal, is then allowed, and can be
// asked about.
#ifndef HAL_PLUGINS_SIM_DEVICE_ARGUMENT_PAGE_HPP_
#define HAL_PLUGINS_SIM_DEVICE_ARGUMENT_PAGE_HPP_

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace hal::sim::device {

class ArgumentPage {
 public:
  ArgumentPage();
  ~ArgumentPage();
  ArgumentPage(const ArgumentPage &) = delete;
  ArgumentPage &operator=(const ArgumentPage &) = delete;

  // False: there was no memory for it, or there are more pages than workers.
  bool is_usable() const noexcept { return shown_ != nullptr; }
  // The same bytes, for whoever prepares them and for kernels.
  void *own() const noexcept { return own_; }
  void *shown() const noexcept { return shown_; }

  // Whether a kernel has written to it since it was protected; kernels can until it is again.
  bool was_written() const noexcept { return faults_.load(std::memory_order_relaxed) != 0; }
  // False: it cannot be, and is not usable any more. While no kernel runs that was given it.
  bool protect() noexcept;

  // For the handler of SIGSEGV, any thread: true if the address is on a page of this kind, and the store may be tried
  // again. Async-signal-safe.
  static bool allow(std::uintptr_t address) noexcept;

 private:
  void *own_ = nullptr;
  void *shown_ = nullptr;
  std::size_t bytes_ = 0;
  std::atomic<std::uint32_t> faults_{0};
};

}  // namespace hal::sim::device

#endif  // HAL_PLUGINS_SIM_DEVICE_ARGUMENT_PAGE_HPP_
