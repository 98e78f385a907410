#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/sync/mutex.h"
#include "operator/kube/object_meta.h"

namespace penstock::kube {

// A copy of one collection, kept by a Reflector. T has a member `meta` and holds only what is read
// of it. Objects are immutable: a reader keeps its version for as long as it likes.
// Threads: one writer, any number of readers.
template <class T>
class ObjectStore {
 public:
  using Ptr = std::shared_ptr<const T>;
  // What changed: nullptr before: new; nullptr now: gone. Called by the writer, without a lock.
  using OnChange = std::function<void(const T* before, const T* now)>;

  explicit ObjectStore(OnChange on_change = {}) : on_change_(std::move(on_change)) {}

  [[nodiscard]] Ptr find(std::string_view ns, std::string_view name) const {
    const std::string key = std::string(ns) + "/" + std::string(name);
    const sync::MutexLock lock(mutex_);
    const auto found = objects_.find(key);
    return found == objects_.end() ? nullptr : found->second;
  }

  // In the order of their names.
  [[nodiscard]] std::vector<Ptr> list(std::string_view ns) const {
    const std::string prefix = std::string(ns) + "/";
    std::vector<Ptr> result;
    const sync::MutexLock lock(mutex_);
    for (auto at = objects_.lower_bound(prefix);
         at != objects_.end() && at->first.starts_with(prefix); ++at) {
      result.push_back(at->second);
    }
    return result;
  }

  [[nodiscard]] std::vector<Ptr> list() const {
    std::vector<Ptr> result;
    const sync::MutexLock lock(mutex_);
    result.reserve(objects_.size());
    for (const auto& [key, object] : objects_) {
      result.push_back(object);
    }
    return result;
  }

  [[nodiscard]] std::size_t size() const {
    const sync::MutexLock lock(mutex_);
    return objects_.size();
  }

  // Whether a first list is complete; before that, what is not found may exist all the same.
  [[nodiscard]] bool complete() const {
    const sync::MutexLock lock(mutex_);
    return complete_;
  }

  void put(Ptr object) {
    Ptr before;
    {
      const sync::MutexLock lock(mutex_);
      Ptr& slot = objects_[object->meta.key()];
      before = std::exchange(slot, object);
    }
    notify(before.get(), object.get());
  }

  void remove(std::string_view ns, std::string_view name) {
    Ptr before;
    {
      const sync::MutexLock lock(mutex_);
      const auto found = objects_.find(std::string(ns) + "/" + std::string(name));
      if (found == objects_.end()) {
        return;
      }
      before = std::move(found->second);
      objects_.erase(found);
    }
    notify(before.get(), nullptr);
  }

  // A whole new list, swapped in at once; objects of an unchanged version are not reported.
  void replace(std::map<std::string, Ptr> objects) {
    std::map<std::string, Ptr> old;
    {
      const sync::MutexLock lock(mutex_);
      old = std::exchange(objects_, objects);
      complete_ = true;
    }
    for (const auto& [key, object] : objects) {
      const auto before = old.find(key);
      if (before == old.end()) {
        notify(nullptr, object.get());
      } else if (before->second->meta.resource_version != object->meta.resource_version) {
        notify(before->second.get(), object.get());
      }
    }
    for (const auto& [key, object] : old) {
      if (!objects.contains(key)) {
        notify(object.get(), nullptr);
      }
    }
  }

 private:
  void notify(const T* before, const T* now) const {
    if (on_change_) {
      on_change_(before, now);
    }
  }

  mutable sync::Mutex mutex_;
  std::map<std::string, Ptr> objects_ PENSTOCK_GUARDED_BY(mutex_);
  bool complete_ PENSTOCK_GUARDED_BY(mutex_) = false;
  const OnChange on_change_;
};

}  // namespace penstock::kube
