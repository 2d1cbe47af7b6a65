// SPDX-License-Identifier: Apache-2.0
#include "sim/host/reports/code_map.hpp"

#include <algorithm>
#include <utility>

#include "sim/host/reports/symbols.hpp"
#include "support/text.hpp"

namespace hal::sim {

void CodeMap::add(const LoadedObject &object) {
  const std::lock_guard lock(mutex_);
  objects_.insert(&object);
}

void CodeMap::remove(const LoadedObject &object) {
  const std::lock_guard lock(mutex_);
  objects_.erase(&object);
}

CodeMap::Step::Step(CodeMap &map, std::string text) : map_(map) {
  const std::lock_guard lock(map_.mutex_);
  entry_ = map_.steps_.insert(map_.steps_.end(), std::move(text));
}

CodeMap::Step::~Step() {
  const std::lock_guard lock(map_.mutex_);
  map_.steps_.erase(entry_);
}

std::string CodeMap::running_step() const {
  const std::lock_guard lock(mutex_);
  return steps_.empty() ? std::string() : steps_.front();
}

std::uint32_t CodeMap::add_kernel(const std::string &name, const std::string &object) {
  const std::lock_guard lock(mutex_);
  kernels_.emplace(next_kernel_, KernelName{name, object});
  return next_kernel_++;
}

void CodeMap::remove_kernel(std::uint32_t id) {
  const std::lock_guard lock(mutex_);
  kernels_.erase(id);
}

void CodeMap::clear_kernels() {
  const std::lock_guard lock(mutex_);
  kernels_.clear();
}

std::optional<KernelName> CodeMap::kernel(std::uint32_t id) const {
  const std::lock_guard lock(mutex_);
  const auto found = kernels_.find(id);
  return found != kernels_.end() ? std::optional(found->second) : std::nullopt;
}

const LoadedObject *CodeMap::find(std::uint64_t address) const {
  const auto found = std::find_if(objects_.begin(), objects_.end(), [&](const LoadedObject *object) {
    return address >= object->loaded_at && address - object->loaded_at < object->extent_bytes;
  });
  return found != objects_.end() ? *found : nullptr;
}

std::optional<std::string> CodeMap::object_at(std::uint64_t address) const {
  const std::lock_guard lock(mutex_);
  const LoadedObject *object = find(address);
  return object != nullptr ? std::optional(object->label) : std::nullopt;
}

std::string CodeMap::place_of(const wire::Frames &frames, const std::string &expected_object) const {
  const std::lock_guard lock(mutex_);
  for (std::uint32_t i = 0; i < std::min(frames.count, wire::kMaxFrames); ++i) {
    const std::uint64_t address =
        frames.addresses[i] - (i == 0 ? 0 : 1);  // a return address may be in the next function
    const LoadedObject *object = find(address);
    if (object == nullptr) continue;
    const std::uint64_t offset = address - object->loaded_at;
    std::string text = function_at(object->file, offset);
    if (text.empty()) text = "code at offset " + plugins::hex_text(offset);
    if (object->label != expected_object) text += " of " + object->label;
    return i == 0 ? text : "code outside of kernel objects, called from " + text;
  }
  return {};
}

}  // namespace hal::sim
