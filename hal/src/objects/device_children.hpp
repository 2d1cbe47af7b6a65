// SPDX-License-Identifier: Apache-2.0
//
// The memories, streams and executables of a device. It cannot be closed while there are any.
#ifndef HAL_SRC_OBJECTS_DEVICE_CHILDREN_HPP_
#define HAL_SRC_OBJECTS_DEVICE_CHILDREN_HPP_

#include <boost/intrusive/list.hpp>
#include <mutex>
#include <string>

#include "objects/executable.hpp"
#include "objects/memory.hpp"
#include "objects/stream.hpp"

namespace hal::core {

class DeviceChildren {
 public:
  template <typename T>
  void add(T &child) noexcept {
    const std::lock_guard lock(mutex_);
    list_of(child).push_back(child);
  }

  template <typename T>
  void remove(T &child) noexcept {
    const std::lock_guard lock(mutex_);
    list_of(child).erase(list_of(child).iterator_to(child));
  }

  // "2 memories (…), 1 stream"; "" = no children.
  std::string describe() const;

  // The lists under their lock: memories, streams, executables. The visitor must not block.
  template <typename Visitor>
  void visit(Visitor &&visitor) {
    const std::lock_guard lock(mutex_);
    visitor(memories_, streams_, executables_);
  }

 private:
  template <typename T>
  using List = boost::intrusive::list<T>;

  List<Memory> &list_of(const Memory & /*child*/) noexcept { return memories_; }
  List<Stream> &list_of(const Stream & /*child*/) noexcept { return streams_; }
  List<Executable> &list_of(const Executable & /*child*/) noexcept { return executables_; }

  mutable std::mutex mutex_;
  List<Memory> memories_;
  List<Stream> streams_;
  List<Executable> executables_;
};

}  // namespace hal::core

#endif  // HAL_SRC_OBJECTS_DEVICE_CHILDREN_HPP_
