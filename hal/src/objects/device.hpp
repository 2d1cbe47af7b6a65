// SPDX-License-Identifier: Apache-2.0
//
// An open device, and calls of its backend's operations.
#ifndef HAL_SRC_OBJECTS_DEVICE_HPP_
#define HAL_SRC_OBJECTS_DEVICE_HPP_

#include <atomic>
#include <boost/intrusive/list_hook.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "backends/plugin.hpp"
#include "diagnostics/call_site.hpp"
#include "objects/address_table.hpp"
#include "objects/handles.hpp"

namespace hal::core {

class DeviceChildren;
class Stream;

// Membership in its device's list of children.
using DeviceChild = boost::intrusive::list_base_hook<>;

class Device {
 public:
  using Handle = hal_device_t;
  static constexpr HandleType kType = HandleType::kDevice;

  Device(Plugin &plugin, std::uint32_t ordinal, hal_pdev_t pdev, std::uint64_t handle);
  ~Device();
  Device(const Device &) = delete;
  Device &operator=(const Device &) = delete;

  Plugin &plugin() const noexcept { return plugin_; }
  std::uint32_t ordinal() const noexcept { return ordinal_; }
  hal_pdev_t pdev() const noexcept { return pdev_; }
  std::uint64_t handle() const noexcept { return handle_; }
  const CallSite &made_at() const noexcept { return made_at_; }
  std::string name() const;  // "a5-sim:0"
  std::uint64_t max_blocks() const noexcept { return max_blocks_; }
  AddressTable &addresses() noexcept { return addresses_; }

  Stream &own_stream() const noexcept { return *own_stream_; }
  void set_own_stream(std::unique_ptr<Stream> stream) noexcept;
  void read_limits();

  // Whether the backend has answered DEVICE_LOST: no work of the device is in flight any more.
  bool is_lost() const noexcept { return lost_.load(std::memory_order_relaxed); }
  void set_lost(bool lost) noexcept { lost_.store(lost, std::memory_order_relaxed); }

  // Calls an operation whose first parameter is the device; a failure is recorded.
  template <auto Op, typename... Args>
  hal_status_t call(const char *name, Args... args) {
    const hal_status_t status = plugin_.call<Op>(name, pdev_, args...);
    if (status == HAL_ERR_DEVICE_LOST) [[unlikely]]
      set_lost(true);
    return status;
  }

  DeviceChildren &children() const noexcept { return *children_; }

 private:
  Plugin &plugin_;
  const std::uint32_t ordinal_;
  const hal_pdev_t pdev_;
  const std::uint64_t handle_;
  const CallSite made_at_ = CallSite::here();
  std::uint64_t max_blocks_ = 0;
  std::atomic<bool> lost_{false};
  std::unique_ptr<Stream> own_stream_;
  AddressTable addresses_;
  const std::unique_ptr<DeviceChildren> children_;
};

// hal_device_reset. BUSY, with nothing changed, while another thread is inside a call on the device or on one of its
// objects.
hal_status_t reset_device(Pin<Device> &pin);

// Logs one warning for each object of the device, with the call that made it. The caller holds no lock, since the log
// may go to the application. The thread's last failure stays as it is.
void report_objects(Device &device) noexcept;

}  // namespace hal::core

#endif  // HAL_SRC_OBJECTS_DEVICE_HPP_
