// SPDX-License-Identifier: Apache-2.0
//
// One simulated device, seen from the host: its memory, its engine, and how commands get to it.
#ifndef HAL_PLUGINS_SIM_HOST_DEVICE_HPP_
#define HAL_PLUGINS_SIM_HOST_DEVICE_HPP_

#include <atomic>
#include <bitset>
#include <boost/intrusive/list.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>

#include "chips/chip.hpp"
#include "hal/hal_plugin.hpp"
#include "sim/host/address_space.hpp"
#include "sim/host/arena.hpp"
#include "sim/host/block_allocator.hpp"
#include "sim/host/copier.hpp"
#include "sim/host/engine_home.hpp"
#include "sim/host/options.hpp"
#include "sim/wire/wire.hpp"

namespace hal::sim {

// A place in its device's list of allocations.
struct OwnedAllocation : boost::intrusive::list_base_hook<> {};
struct Allocation;
class Stream;
struct Executable;

enum class Waited { kDone, kTimeout, kLost };

// How to wait.
struct Waiting {
  std::uint64_t timeout_ns = UINT64_MAX;
  bool spin = true;        // before sleeping; not after having had to wake the device
  bool long_work = false;  // sleep at once: a helper of the device may need this very processor
  std::uint64_t at = 0;    // wake up when so many commands are done, ever; 0: with each
};

class Device {
 public:
  Device(const chips::Chip &chip, const Options &options, std::uint32_t ordinal, std::string helper, Identity identity);
  ~Device();
  Device(const Device &) = delete;
  Device &operator=(const Device &) = delete;

  const chips::Chip &chip() const { return chip_; }
  const Options &options() const { return options_; }
  std::uint32_t ordinal() const { return ordinal_; }
  const std::string &name() const { return name_; }
  const std::string &soc() const { return soc_; }
  const Identity &identity() const { return identity_; }
  std::string wrong_local_memory() const { return home_ == nullptr ? "" : home_->wrong_local_memory(); }
  std::int64_t process_id() const { return home_ == nullptr ? 0 : home_->process_id(); }

  // ---- memory
  Arena &arena() { return arena_; }
  BlockAllocator &window() { return window_; }
  std::uint64_t arena_address(std::uint64_t offset) const { return arena_.address(offset); }
  std::uint64_t window_address(std::uint64_t offset) const { return window_base_ + offset; }
  std::byte *arena_view(std::uint64_t offset) const { return arena_.view(offset); }
  std::byte *window_view(std::uint64_t offset) const { return window_view_.data() + offset; }
  const Fd &window_file() const { return window_file_; }
  void drop_window_pages(const Block &block);  // they read as zero afterwards, and cost nothing
  Copier &copier() { return copier_; }
  // Of all devices of this backend in this process: what is handed out, less what takes memory already.
  static std::uint64_t untouched_bytes_of_all();

  // ---- commands
  struct Submitted {
    std::uint64_t count;  // of commands, with this one
    bool woke;            // the device slept
  };

  // Writes one command with fill(command, descriptors) and publishes it. Throws plugin::Failure: DEVICE_LOST.
  template <typename Fill>
  Submitted submit(Fill &&fill) {
    const std::lock_guard lock(ring_mutex_);
    const std::uint64_t number = reserve_slot();
    fill(control().ring[number % wire::kRingSlots], control().descriptors[number % wire::kRingSlots]);
    return {number + 1, publish(number)};
  }

  // Whether blocks of a kernel are likely to be worth sharing among workers.
  bool is_long(std::uint32_t kernel_id, std::uint32_t blocks) const {
    if (blocks == 1 || options_.workers == 1) return false;
    return std::uint64_t{control().sharing.cost_of(kernel_id).load(std::memory_order_relaxed)} * blocks >=
           wire::kWorthSharingNs;
  }

  // Asks workers that sleep for what is left of the launch under way.
  void call_helpers() { control().sharing.call_helpers(); }

  // Waits until done() holds.
  template <typename Done>
  Waited wait_until(Done &&done, const Waiting &how) {
    if (done()) return Waited::kDone;
    wire::Control &shared = control();
    shared.host_processor.publish();
    const bool may_spin = shared.may_spin != 0 && how.timeout_ns > 0;
    bool spin = may_spin && how.spin && !how.long_work && !shared.device_processor.is_here();
    if (spin && wire::look_a_few_times(done)) return Waited::kDone;  // most launches end before a clock is needed
    const auto begun = [&] { return done() || shared.sharing.has_blocks(); };
    if (may_spin && how.long_work && !shared.device_processor.is_here()) wire::look_a_few_times(begun);
    const std::uint64_t start = wire::now_ns();
    for (std::uint64_t elapsed = 0;; elapsed = wire::now_ns() - start) {
      const std::uint64_t left = how.timeout_ns - std::min(elapsed, how.timeout_ns);
      if (spin ? wire::spin(done, std::min(left, kSpinNs), shared.device_processor) : done()) return Waited::kDone;
      if (lost()) return done() ? Waited::kDone : Waited::kLost;
      if (done()) return Waited::kDone;
      if (left == 0) return Waited::kTimeout;
      shared.sharing.call_helpers();
      spin = shared.host_doorbell.sleep(done, std::min(left, kLookNs), how.at) && may_spin;  // a ring: it may be near
    }
  }

  wire::StreamProgress &progress(std::uint32_t stream) { return control().streams[stream]; }
  std::uint32_t take_stream();  // throws plugin::Failure: too many streams
  void give_stream(std::uint32_t stream);

  // ---- life and death
  bool lost();  // a system call, unless it is known already
  // What to say to whoever waits for this ticket, or, without a ticket, wants anything of a lost device.
  plugin::Failure loss(std::uint32_t stream = wire::kNoStream, std::uint64_t ticket = 0);
  void throw_if_lost() {
    if (lost_.load(std::memory_order_acquire)) throw loss();
  }
  // Releases every object; then brings the engine back, or throws plugin::Failure and leaves the device lost.
  void reset();

  // ---- objects
  wire::Reply request(const wire::Request &request, const Fd &fd = Fd());
  std::uint32_t name_kernel(const std::string &name, const std::string &object);  // a number for commands
  void forget_kernel(std::uint32_t id);

  // What exists on the device, so that a reset can release it.
  template <typename Object>
  Object *adopt(std::unique_ptr<Object> object) {
    const std::lock_guard lock(objects_mutex_);
    own(*object);
    return object.release();
  }
  template <typename Object>
  void release(Object *object) {
    const std::unique_ptr<Object> gone(object);
    const std::lock_guard lock(objects_mutex_);
    disown(*object);
  }

 private:
  struct KernelName {
    std::string name;
    std::string object;
  };

  static constexpr std::uint64_t kSpinNs = 20'000;
  static constexpr std::uint64_t kLookNs = 8'000'000;  // between looks at whether the device process lives

  wire::Control &control() const { return *reinterpret_cast<wire::Control *>(control_view_.data()); }
  std::uint64_t reserve_slot();
  void wait_for_room(std::uint64_t number);
  bool publish(std::uint64_t number);
  void prepare_control();
  void start();
  std::unique_ptr<EngineHome> start_engine(const Memory &memory);
  std::uint64_t untouched_bytes() const;
  void end_engine();
  void set_lost();
  void enlist();
  void delist();

  // What is known of the end of the engine, put together once: what it is told from changes afterwards.
  // device_fault.cpp has all of it; objects_mutex_ is held.
  struct FaultStory {
    std::string text;
    plugin::KernelFault facts;
  };
  const FaultStory &fault_story(const wire::Fault &fault);
  std::string tell_fault(const wire::Fault &fault) const;
  std::string tell_timeout(const wire::Fault &fault) const;
  std::string tell_place(const wire::Fault &fault, const wire::Frames &frames) const;
  std::string tell_address(const wire::Fault &fault) const;
  std::string tell_device_address(std::uint64_t address) const;
  std::string tell_host_address(std::uint64_t address) const;
  const Executable *executable_at(std::uint64_t program_counter) const;
  const KernelName *name_of(const wire::Fault &fault) const;
  void release_all();

  // Allocations come and go often: they are in a list that costs nothing.
  void own(OwnedAllocation &object) { allocations_.push_back(object); }
  void own(Stream &object) { streams_.insert(&object); }
  void own(Executable &object) { executables_.insert(&object); }
  void disown(OwnedAllocation &object) { allocations_.erase(allocations_.iterator_to(object)); }
  void disown(Stream &object) { streams_.erase(&object); }
  void disown(Executable &object) { executables_.erase(&object); }

  const chips::Chip &chip_;
  const Options options_;
  const std::uint32_t ordinal_;
  const std::string helper_;
  const Identity identity_;
  const std::string name_;
  const std::string soc_;

  Fd control_file_;
  Fd window_file_;
  Mapping control_view_;
  Mapping window_view_;
  Arena arena_;
  BlockAllocator window_;
  Copier copier_;
  Mapping reservation_;
  std::uint64_t window_base_ = 0;
  std::unique_ptr<EngineHome> home_;

  std::mutex ring_mutex_;
  std::uint64_t submitted_ = 0;       // guarded by ring_mutex_
  std::uint64_t known_consumed_ = 0;  // guarded by ring_mutex_: at least as many the device has done
  std::atomic<bool> lost_{false};

  std::mutex objects_mutex_;
  std::bitset<wire::kMaxStreams> stream_numbers_;
  std::map<std::uint32_t, KernelName> kernel_names_;
  std::uint32_t next_kernel_ = 1;
  boost::intrusive::list<OwnedAllocation> allocations_;
  std::unordered_set<Stream *> streams_;
  std::unordered_set<Executable *> executables_;
  std::optional<FaultStory> fault_story_;
};

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_DEVICE_HPP_
