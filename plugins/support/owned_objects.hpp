// SPDX-License-Identifier: Apache-2.0
//
// The objects that exist on a device, so that a reset can release them.
#ifndef HAL_PLUGINS_SUPPORT_OWNED_OBJECTS_HPP_
#define HAL_PLUGINS_SUPPORT_OWNED_OBJECTS_HPP_

#include <memory>
#include <mutex>
#include <unordered_set>

namespace hal::plugins {

template <typename Object>
class OwnedObjects {
 public:
  ~OwnedObjects() { clear(); }

  Object *adopt(std::unique_ptr<Object> object) {
    const std::lock_guard lock(mutex_);
    objects_.insert(object.get());
    return object.release();
  }

  // Destroys one object.
  void release(Object *object) {
    const std::unique_ptr<Object> gone(object);
    const std::lock_guard lock(mutex_);
    objects_.erase(object);
  }

  // Calls use(object) for each object. No other thread may use them meanwhile.
  template <typename Use>
  void visit(Use &&use) {
    const std::lock_guard lock(mutex_);
    for (Object *object : objects_) use(*object);
  }

  // Destroys all objects. No other thread may use them meanwhile.
  void clear() {
    std::unordered_set<Object *> objects;
    {
      const std::lock_guard lock(mutex_);
      objects.swap(objects_);
    }
    for (Object *object : objects) delete object;
  }

 private:
  std::mutex mutex_;
  std::unordered_set<Object *> objects_;
};

}  // namespace hal::plugins

#endif  // HAL_PLUGINS_SUPPORT_OWNED_OBJECTS_HPP_
