// SPDX-License-Identifier: Apache-2.0
#include "sim/host/device.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/host/deaths.hpp"
#include "sim/host/executable.hpp"
#include "sim/host/import.hpp"
#include "sim/host/memory.hpp"
#include "sim/host/stream.hpp"

namespace hal::sim {
namespace {

constexpr std::uint64_t kRefill = wire::kRingSlots / 4;
constexpr int kRoomLooks = 16;  // of about a microsecond each
constexpr int kPausesBetweenLooks = 32;
constexpr std::uint64_t kGuardBytes = 2 * chips::kMiB;  // between arena and window, and behind

void punch(const Fd &file, std::uint64_t offset, std::uint64_t size) {
  fallocate(file.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
            static_cast<off_t>(size));
}

}  // namespace

Device::Device(const chips::Chip &chip, const Options &options, std::uint32_t ordinal, std::string helper,
               Identity identity)
    : chip_(chip),
      options_(options),
      ordinal_(ordinal),
      helper_(std::move(helper)),
      identity_(std::move(identity)),
      name_(std::string(options.sku->soc) + " simulator"),
      soc_(options.sku->soc),
      control_file_(make_memory_file("hal-sim-control", sizeof(wire::Control))),
      window_file_(make_memory_file("hal-sim-window", round_up(options.mapped_bytes, page_bytes()))),
      control_view_(Mapping::of_file(control_file_, sizeof(wire::Control), "the control block", "HAL_SIM_DEVICES")),
      window_view_(Mapping::of_file(window_file_, round_up(options.mapped_bytes, page_bytes()), "the shared window",
                                    "HAL_SIM_MAPPED_MEMORY")),
      arena_(chip, options, ordinal),
      window_(window_view_.size_bytes(), page_bytes()) {
  start();
  enlist();
}

Device::~Device() {
  delist();
  end_engine();
  arena_.log_damage();
  release_all();
}

void Device::end_engine() {
  home_.reset();
  note_deaths(control().kill_points);
}

void Device::prepare_control() {
  punch(control_file_, 0, round_up(sizeof(wire::Control), page_bytes()));  // all zero, as it was made
  wire::Control &block = control();
  block.version = wire::kWireVersion;
  block.worker_count = options_.workers;
  block.may_spin = wire::usable_processors() > 1 ? 1 : 0;
  order_deaths(block.kill_points);
  fault_story_.reset();
  submitted_ = 0;
  known_consumed_ = 0;
}

std::unique_ptr<EngineHome> Device::start_engine(const Memory &memory) {
  if (!options_.own_process) return start_device_threads(control(), identity_, memory);
  try {
    return start_device_process(helper_, identity_, memory);
  } catch (...) {
    note_deaths(control().kill_points);
    throw;
  }
}

void Device::start() {
  prepare_control();
  const std::uint64_t arena_room = round_up(arena_.mapped_bytes(), kGuardBytes) + kGuardBytes;
  const std::uint64_t window_room = round_up(window_view_.size_bytes(), kGuardBytes) + kGuardBytes;
  const bool fixed = reservation_.data() != nullptr;  // a reset: addresses stay
  ReservationWalk walk(arena_room + window_room);
  do {
    if (!fixed) reservation_ = walk.next();
    arena_.set_address(reservation_.address());
    window_base_ = reservation_.address() + arena_room;
    const Memory memory = {control_file_,
                           arena_.file(),
                           window_file_,
                           reservation_.address(),
                           arena_.mapped_bytes(),
                           window_base_,
                           window_view_.size_bytes()};
    home_ = start_engine(memory);
  } while (home_ == nullptr && !fixed);
  if (home_ == nullptr)
    throw plugin::Failure(
        HAL_ERR_UNAVAILABLE,
        "the device's addresses from " + hex_text(reservation_.address()) + " are taken in the new process",
        "close the device and open it again");
}

void Device::reset() {
  lost_.store(true, std::memory_order_release);  // until it is back
  end_engine();
  arena_.log_damage();
  release_all();
  arena_.clear();
  window_.clear();
  punch(window_file_, 0, window_view_.size_bytes());
  start();
  lost_.store(false, std::memory_order_release);
}

void Device::release_all() {
  while (!allocations_.empty()) {
    const std::unique_ptr<Allocation> allocation(static_cast<Allocation *>(&allocations_.front()));
    allocations_.pop_front();
    try {
      release_arena(*this, *allocation);  // its damage has been told
      if (const std::string found = detach(*this, *allocation); !found.empty())
        plugin::log(HAL_LOG_WARN, "a registered range was unmapped before it was unregistered: " + found);
    } catch (const plugin::Failure &failure) {
      if (!force_detach_range(*allocation->window, allocation->host, allocation->size_bytes))
        plugin::log(HAL_LOG_ERROR, failure.what());
    }
  }
  for (Stream *stream : streams_) delete stream;
  for (Executable *executable : executables_) delete executable;
  streams_.clear();
  executables_.clear();
  stream_numbers_.reset();
  kernel_names_.clear();
}

void Device::drop_window_pages(const Block &block) { punch(window_file_, block.offset, block.size_bytes); }

std::uint64_t Device::untouched_bytes() const {
  const auto untouched = [](const auto &space, const Fd &file) {
    struct stat state = {};
    const std::uint64_t taken = fstat(file.get(), &state) == 0 ? static_cast<std::uint64_t>(state.st_blocks) * 512 : 0;
    const std::uint64_t used = space.capacity_bytes() - space.free_bytes();
    return used - std::min(used, taken);
  };
  return untouched(arena_, arena_.file()) + untouched(window_, window_file_);
}

std::uint64_t Device::reserve_slot() {
  throw_if_lost();
  const std::uint64_t number = submitted_;
  // The device's count is in a cache line that the device writes: it is looked at only when the ring seems full.
  if (number - known_consumed_ >= wire::kRingSlots)
    known_consumed_ = control().consumed.load(std::memory_order_acquire);
  if (number - known_consumed_ >= wire::kRingSlots) [[unlikely]]
    wait_for_room(number);
  return number;
}

// Waits for much room: with one slot at a time, each command would cost both sides a look at the other's cache lines.
void Device::wait_for_room(std::uint64_t number) {
  const std::uint64_t enough = number - wire::kRingSlots + kRefill;
  const auto has_room = [&] {
    known_consumed_ = control().consumed.load(std::memory_order_acquire);
    return known_consumed_ >= enough;
  };
  const bool may_look = control().may_spin != 0 && !control().device_processor.is_here();
  bool room = has_room();
  for (int looks = 0; may_look && !room && looks < kRoomLooks; ++looks) {
    for (int i = 0; i < kPausesBetweenLooks; ++i) wire::pause_cpu();
    room = has_room();
  }
  if (!room && wait_until(has_room, {.spin = false, .at = enough}) == Waited::kLost) throw loss();
}

bool Device::publish(std::uint64_t number) {
  submitted_ = number + 1;
  control().ring[number % wire::kRingSlots].sequence.store(submitted_, std::memory_order_release);
  return control().device_doorbell.ring();
}

std::uint32_t Device::take_stream() {
  plugin::fault_point("sim.stream_number");
  const std::lock_guard lock(objects_mutex_);
  for (std::uint32_t number = 0; number < wire::kMaxStreams; ++number) {
    if (stream_numbers_[number]) continue;
    stream_numbers_[number] = true;
    progress(number).completed.store(0, std::memory_order_relaxed);
    return number;
  }
  throw plugin::Failure(HAL_ERR_OUT_OF_MEMORY,
                        "the device has all of its " + std::to_string(wire::kMaxStreams) + " streams in use",
                        "destroy streams that are not needed");
}

void Device::give_stream(std::uint32_t stream) {
  const std::lock_guard lock(objects_mutex_);
  stream_numbers_[stream] = false;
}

bool Device::lost() {
  if (lost_.load(std::memory_order_acquire)) return true;
  if (control().fault.state.load(std::memory_order_acquire) != wire::Fault::kWritten && home_->alive()) return false;
  set_lost();
  return true;
}

void Device::set_lost() {
  // It still looks for where it was, and will have ended soon.
  if (control().fault.state.load(std::memory_order_acquire) == wire::Fault::kReported) (void)home_->obituary();
  if (control().fault.state.load(std::memory_order_acquire) >= wire::Fault::kReported) {
    const std::lock_guard lock(objects_mutex_);
    fault_story(control().fault);
  }
  lost_.store(true, std::memory_order_release);
  control().host_doorbell.ring_always();  // the other waiters need not find out one by one
}

wire::Reply Device::request(const wire::Request &request, const Fd &fd) {
  throw_if_lost();
  const std::optional<wire::Reply> reply = home_->request(request, fd);
  if (reply) return *reply;
  set_lost();  // its end of the socket is closed: it has ended, or is about to
  throw loss();
}

std::uint32_t Device::name_kernel(const std::string &name, const std::string &object) {
  const std::lock_guard lock(objects_mutex_);
  kernel_names_.emplace(next_kernel_, KernelName{name, object});
  return next_kernel_++;
}

void Device::forget_kernel(std::uint32_t id) {
  const std::lock_guard lock(objects_mutex_);
  kernel_names_.erase(id);
}

}  // namespace hal::sim
