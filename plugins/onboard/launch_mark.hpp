// SPDX-License-Identifier: Apache-2.0
//
// One launch that is not done, as long as the mark lives: how many there are on the device, and what its kernel is
// called, also when the executable is gone.
#ifndef HAL_PLUGINS_ONBOARD_LAUNCH_MARK_HPP_
#define HAL_PLUGINS_ONBOARD_LAUNCH_MARK_HPP_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace hal::onboard {

class LaunchMark {
 public:
  using Count = std::atomic<std::uint32_t>;

  // Of no launch.
  LaunchMark() = default;
  LaunchMark(Count &count, std::shared_ptr<const std::string> kernel) : count_(&count), kernel_(std::move(kernel)) {
    count_->fetch_add(1);
  }
  LaunchMark(LaunchMark &&other) noexcept
      : count_(std::exchange(other.count_, nullptr)), kernel_(std::move(other.kernel_)) {}
  LaunchMark &operator=(LaunchMark &&other) noexcept {
    std::swap(count_, other.count_);
    std::swap(kernel_, other.kernel_);
    return *this;
  }
  ~LaunchMark() {
    if (count_ != nullptr) count_->fetch_sub(1);
  }

  explicit operator bool() const { return count_ != nullptr; }
  const std::string &kernel() const { return *kernel_; }

 private:
  Count *count_ = nullptr;
  std::shared_ptr<const std::string> kernel_;
};

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_LAUNCH_MARK_HPP_
