#pragma once

#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>

#include "operator/kube/api.h"
#include "operator/kube/list_watch.h"
#include "operator/kube/object_store.h"
#include "operator/kube/watch_decoder.h"

namespace penstock::kube {

// What a reflector hands its objects to, without their type.
class ReflectorSink {
 public:
  ReflectorSink() = default;
  virtual ~ReflectorSink() = default;
  ReflectorSink(const ReflectorSink&) = delete;
  ReflectorSink& operator=(const ReflectorSink&) = delete;

  virtual void list_item(const json::Value& object) = 0;
  virtual void list_dropped() = 0;   // items so far belong to no list
  virtual void list_complete() = 0;  // items so far are the whole collection
  virtual void changed(const json::Value& object) = 0;
  virtual void removed(const json::Value& object) = 0;
};

// Runs a ListWatch over a transport until `stop`: blocks the calling thread. `on_error` is told of
// each failure, for the log; a malformed object never ends it.
void reflect(Transport& transport, ListWatch order, ReflectorSink& sink, std::stop_token stop,
             const std::function<void(const ApiError&)>& on_error);

// Fills an ObjectStore; `read` makes a T of an object.
template <class T>
class StoreSink final : public ReflectorSink {
 public:
  using Read = std::function<T(const json::Value&)>;

  StoreSink(ObjectStore<T>& store, Read read) : store_(store), read_(std::move(read)) {}

  void list_item(const json::Value& object) override {
    auto item = std::make_shared<const T>(read_(object));
    items_.insert_or_assign(item->meta.key(), std::move(item));
  }
  void list_dropped() override { items_.clear(); }
  void list_complete() override { store_.replace(std::exchange(items_, {})); }
  void changed(const json::Value& object) override {
    store_.put(std::make_shared<const T>(read_(object)));
  }
  void removed(const json::Value& object) override {
    const ObjectMeta meta = read_meta(object);
    store_.remove(meta.ns, meta.name);
  }

 private:
  ObjectStore<T>& store_;
  const Read read_;
  std::map<std::string, std::shared_ptr<const T>> items_;
};

}  // namespace penstock::kube
