// SPDX-License-Identifier: Apache-2.0
//
// The kernel objects and kernels of one device, for the texts of reports.
#ifndef HAL_PLUGINS_SIM_HOST_REPORTS_CODE_MAP_HPP_
#define HAL_PLUGINS_SIM_HOST_REPORTS_CODE_MAP_HPP_

#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>

#include "sim/host/memory/address_space.hpp"
#include "sim/wire/wire.hpp"

namespace hal::sim {

// A kernel object in the process of the engine.
struct LoadedObject {
  std::string label;
  Fd file;  // its bytes
  std::uint64_t loaded_at = 0;
  std::uint64_t extent_bytes = 0;  // from loaded_at on
};

struct KernelName {
  std::string name;
  std::string object;  // the label of its kernel object
};

// Any thread.
class CodeMap {
 public:
  // The object must exist until remove.
  void add(const LoadedObject &object);
  void remove(const LoadedObject &object);

  // While one exists, the device process runs this step of a request, for example "k.so was being loaded".
  class Step {
   public:
    Step(CodeMap &map, std::string text);
    ~Step();
    Step(const Step &) = delete;
    Step &operator=(const Step &) = delete;

   private:
    CodeMap &map_;
    std::list<std::string>::iterator entry_;
  };
  // The oldest step that runs. "" = none.
  std::string running_step() const;

  // Returns the number by which commands name the kernel.
  std::uint32_t add_kernel(const std::string &name, const std::string &object);
  void remove_kernel(std::uint32_t id);
  void clear_kernels();
  std::optional<KernelName> kernel(std::uint32_t id) const;

  // The label of the object that contains the address.
  std::optional<std::string> object_at(std::uint64_t address) const;
  // The innermost frame in a kernel object, for example "step+0x1c". Names the object unless its label is
  // expected_object. "" = no frame is in a kernel object.
  std::string place_of(const wire::Frames &frames, const std::string &expected_object) const;

 private:
  const LoadedObject *find(std::uint64_t address) const;

  mutable std::mutex mutex_;
  std::unordered_set<const LoadedObject *> objects_;
  std::map<std::uint32_t, KernelName> kernels_;
  std::list<std::string> steps_;
  std::uint32_t next_kernel_ = 1;
};

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_REPORTS_CODE_MAP_HPP_
