// SPDX-License-Identifier: Apache-2.0
//
// Ctrl-C and other signals while a call waits without Python's global lock. Python runs handlers on the main thread
// only, so only its waits end early.
#ifndef NPUHAL_INTERRUPTS_HPP_
#define NPUHAL_INTERRUPTS_HPP_

#include <atomic>
#include <chrono>

namespace npuhal {

// The time between two checks for signals during a wait.
inline constexpr std::chrono::milliseconds kSignalCheck{50};

// Call it once, when the module is imported, with the global lock held.
void note_main_thread();
bool on_main_thread() noexcept;

// Whether the wait of the calling thread must end. Call it without the global lock. On the main thread it runs the
// handlers of signals that have arrived; if one raises an exception, this is true and the thread's error indicator is
// set. On other threads it is the value of OtherReason.
bool interrupted();

// While one exists, the calling thread, which is not the main thread, ends its waits if the value is true.
class OtherReason {
 public:
  explicit OtherReason(const std::atomic<bool> &reason);
  ~OtherReason();
  OtherReason(const OtherReason &) = delete;
  OtherReason &operator=(const OtherReason &) = delete;
};

}  // namespace npuhal

#endif  // NPUHAL_INTERRUPTS_HPP_
