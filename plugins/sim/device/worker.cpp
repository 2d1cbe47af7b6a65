// SPDX-License-Identifier: Apache-2.0
#include "sim/device/worker.hpp"

#include <ffi.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "hal/hal.h"
#include "sim/device/tile_hooks.hpp"

namespace hal::sim::device {
namespace {

constexpr std::uint32_t kWords = 50;
constexpr std::uint32_t kLocalSlot = 48;
constexpr std::uint32_t kGlobalSlot = 49;
constexpr std::size_t kLocalBytes = 64;
constexpr std::size_t kGlobalBytes = 48;

thread_local const Worker *current_worker = nullptr;

ffi_type *ffi_type_of(std::uint8_t form) {
  switch (form) {
    case HAL_DTYPE_F32:
      return &ffi_type_float;
    case HAL_DTYPE_I32:
      return &ffi_type_sint32;
    case HAL_DTYPE_I16:
      return &ffi_type_sint16;
    case HAL_DTYPE_I8:
      return &ffi_type_sint8;
    case HAL_DTYPE_U8:
    case HAL_DTYPE_BOOL:
      return &ffi_type_uint8;
    case HAL_DTYPE_I64:
      return &ffi_type_sint64;
    case HAL_DTYPE_U16:
      return &ffi_type_uint16;
    case HAL_DTYPE_U32:
      return &ffi_type_uint32;
    default:
      return &ffi_type_uint64;  // U64 and addresses. The host refuses types that cannot be passed.
  }
}

}  // namespace

// What a kernel sees. The contexts are larger than their defined part, so that a kernel that reads past it finds zeros.
struct alignas(64) Worker::View {
  std::int64_t args[kWords];
  std::int32_t local[kLocalBytes / sizeof(std::int32_t)];
  std::int64_t global[kGlobalBytes / sizeof(std::int64_t)];
};

// A block may write to everything that it sees, and the next block must not see those writes. So each block gets a new
// copy of the whole view. On x86-64 this costs less than comparing and restoring only what has changed.
struct Worker::Frame {
  View view = {};
  View fresh = {};
  std::uint32_t used_words = 0;  // of fresh.args; the words from here to the contexts are zero
  // A variable, so that the compiler calls the C library's copy. That is several times faster than the string
  // instruction that it emits for a constant size.
  std::size_t bytes = sizeof(View);
};
static_assert(kWords * sizeof(std::int64_t) + kLocalBytes + kGlobalBytes == 512, "whole cache lines copy fastest");

struct Worker::CCall {
  ffi_cif interface;
  ffi_type *types[wire::kMaxArguments];
  std::uint64_t words[wire::kMaxArguments];
  void *values[wire::kMaxArguments];
};

Worker::Worker(std::uint32_t index, wire::KillPoints &kill_points, SharedStorage &storage)
    : index_(index), kill_points_(kill_points), frame_(std::make_unique<Frame>()), call_(std::make_unique<CCall>()) {
  frame_->fresh.args[kLocalSlot] = reinterpret_cast<std::intptr_t>(frame_->view.local);
  frame_->fresh.args[kGlobalSlot] = reinterpret_cast<std::intptr_t>(frame_->view.global);
  binding_.storage = &storage;
  binding_.find = SharedStorage::find;
}

Worker::~Worker() = default;

const Worker *Worker::current() noexcept { return current_worker; }

void Worker::bind_to_thread() noexcept {
  current_worker = this;
  thread_id_.store(gettid(), std::memory_order_relaxed);
}

void Worker::prepare(const wire::Command &command, wire::Descriptors &descriptors) {
  command_ = &command;
  // The hooks library is open: loading the first object opens it, before the first launch.
  if (!bound_) bound_ = tile_hooks::bind(binding_);
  binding_.cookie = command.sequence.load(std::memory_order_relaxed);
  const std::uint32_t count = command.argument_count;
  if (command.convention == HAL_CONVENTION_C) {
    for (std::uint32_t i = 0; i < count; ++i) {
      call_->types[i] = ffi_type_of(command.forms[i]);
      call_->values[i] = &call_->words[i];
    }
    ffi_prep_cif(&call_->interface, FFI_DEFAULT_ABI, count, &ffi_type_void, call_->types);
    return;
  }
  View &fresh = frame_->fresh;
  for (std::uint32_t i = 0; i < count; ++i) {
    const bool descriptor = command.forms[i] == wire::kDescriptorWord;
    fresh.args[i] = descriptor ? reinterpret_cast<std::intptr_t>(descriptors.bytes[i])
                               : static_cast<std::int64_t>(command.words[i]);
  }
  for (std::uint32_t i = count; i < frame_->used_words; ++i) fresh.args[i] = 0;
  frame_->used_words = count;
  fresh.local[1] = static_cast<std::int32_t>(command.block_count);
}

inline void Worker::begin_block(std::uint32_t block) noexcept {
  block_ = block;
  binding_.execution = {block, 0, 1};
}

inline void Worker::end_block() const noexcept {
  if (end_output_ != nullptr) [[unlikely]]
    std::exchange(end_output_, nullptr)();
}

void Worker::run(std::uint32_t first, std::uint32_t count) {
  if (kill_points_.armed == 0) [[likely]] {
    active_ = true;
    run_blocks(first, count);
    active_ = false;
    return;
  }
  for (std::uint32_t i = first; i < first + count; ++i) {
    kill_points_.pass(wire::KillPoint::kBlockStart);
    active_ = true;
    run_blocks(i, 1);
    active_ = false;
    kill_points_.pass(wire::KillPoint::kBlockEnd);
  }
}

void Worker::run_blocks(std::uint32_t first, std::uint32_t count) {
  if (command_->convention == HAL_CONVENTION_C) {
    run_with_c_parameters(first, count);
  } else {
    run_with_array(first, count);
  }
}

void Worker::run_with_array(std::uint32_t first, std::uint32_t count) {
  const auto entry = reinterpret_cast<Entry>(command_->function);
  View &view = frame_->view;
  const View &fresh = frame_->fresh;
  const std::size_t bytes = frame_->bytes;
  const std::uint32_t end = first + count;
  for (std::uint32_t i = first; i < end; ++i) {
    begin_block(i);
    std::memcpy(&view, &fresh, bytes);
    view.local[0] = static_cast<std::int32_t>(i);
    entry(view.args);
    end_block();
  }
}

void Worker::run_with_c_parameters(std::uint32_t first, std::uint32_t count) {
  const auto entry = reinterpret_cast<void (*)()>(command_->function);
  for (std::uint32_t i = first; i < first + count; ++i) {
    begin_block(i);
    std::copy_n(command_->words, command_->argument_count, call_->words);
    ffi_call(&call_->interface, entry, nullptr, call_->values);
    end_block();
  }
}

}  // namespace hal::sim::device
