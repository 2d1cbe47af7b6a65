// SPDX-License-Identifier: Apache-2.0
#include "sim/host/memory/copier.hpp"

#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <system_error>

#include "sim/wire/doorbell.hpp"

namespace hal::sim {
namespace {

constexpr std::uint64_t kChunks = 32;
constexpr std::uint64_t kLeastChunkBytes = 128 << 10;
constexpr std::uint64_t kLine = 64;
constexpr int kLooks = 64;  // about a microsecond each: as long as a chunk of a small shared copy

// Blocks the signals that are meant for the program's own threads. Signals of a bad address stay enabled: the program
// must be able to handle them.
class ProgramSignalsBlocked {
 public:
  ProgramSignalsBlocked() {
    sigset_t signals;
    sigfillset(&signals);
    for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT}) sigdelset(&signals, signal);
    pthread_sigmask(SIG_BLOCK, &signals, &before_);
  }
  ~ProgramSignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  ProgramSignalsBlocked(const ProgramSignalsBlocked &) = delete;
  ProgramSignalsBlocked &operator=(const ProgramSignalsBlocked &) = delete;

 private:
  sigset_t before_;
};

std::uint64_t chunk_bytes(std::uint64_t size_bytes) {
  return std::max(kLeastChunkBytes, (size_bytes / kChunks + kLine) / kLine * kLine);
}

}  // namespace

Copier::~Copier() {
  if (!helper_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  called_.notify_one();
  helper_.join();
}

// False: the machine has one processor, or the thread cannot be started. Then the calling thread copies alone.
bool Copier::start_helper() {
  if (tried_) return helper_.joinable();
  tried_ = true;
  if (wire::usable_processors() < 2) return false;
  try {
    const ProgramSignalsBlocked blocked;  // the thread inherits the mask
    helper_ = std::thread(&Copier::help, this);
  } catch (const std::system_error &) {
    return false;
  }
  return true;
}

void Copier::copy(void *dst, const void *src, std::uint64_t size_bytes) {
  std::unique_lock sharing(shared_copy_mutex_, std::defer_lock);
  if (size_bytes < kWorthSharingBytes || !sharing.try_lock() || !start_helper()) {
    std::memcpy(dst, src, size_bytes);
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    job_ = {static_cast<std::byte *>(dst), static_cast<const std::byte *>(src), size_bytes, chunk_bytes(size_bytes)};
    next_chunk_.store(0, std::memory_order_relaxed);
    offered_ = true;
  }
  called_.notify_one();
  run_chunks();
  for (int i = 0; i < kLooks && joined_.load(std::memory_order_relaxed); ++i)
    wire::look_a_few_times([this] { return !joined_.load(std::memory_order_relaxed); });
  std::unique_lock lock(mutex_);
  offered_ = false;
  left_.wait(lock, [this] { return !joined_.load(std::memory_order_relaxed); });
}

void Copier::help() {
  std::unique_lock lock(mutex_);
  for (;;) {
    called_.wait(lock, [this] { return offered_ || stop_; });
    if (stop_) return;
    offered_ = false;
    joined_.store(true, std::memory_order_relaxed);
    lock.unlock();
    run_chunks();
    lock.lock();
    joined_.store(false, std::memory_order_relaxed);
    left_.notify_one();
  }
}

void Copier::run_chunks() {
  for (;;) {
    const std::uint64_t begin = next_chunk_.fetch_add(1, std::memory_order_relaxed) * job_.chunk_bytes;
    if (begin >= job_.size_bytes) return;
    std::memcpy(job_.dst + begin, job_.src + begin, std::min(job_.chunk_bytes, job_.size_bytes - begin));
  }
}

}  // namespace hal::sim
