#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "lib/sync/mutex.h"
#include "operator/kube/reflector.h"

namespace penstock::kube {

// An object by its name and one text of its data.
struct Note {
  ObjectMeta meta;
  std::string text;
};

inline Note read_note(const json::Value& object) {
  return {read_meta(object), text_of(member(object, "data"), "text")};
}

// A store of ConfigMaps and the thread that fills it.
class Mirror {
 public:
  Mirror(Transport& transport, const std::string& ns, int page_size = ListWatch::kPageSize)
      : store_([this](const Note*, const Note*) { changed_.notify_all(); }),
        sink_(store_, read_note),
        thread_([this, &transport,
                 order = ListWatch(kConfigMaps, {.ns = ns, .labels = "test=note"}, 1, page_size)](
                    const std::stop_token& stop) {
          reflect(transport, order, sink_, stop, [this](const ApiError& error) {
            const sync::MutexLock lock(mutex_);
            errors_.push_back(error.status);
          });
        }) {}

  // Waits until the notes are these; false: not within half a minute.
  bool becomes(const std::map<std::string, std::string>& wanted) {
    return waits_for([this, &wanted] { return store_.complete() && notes() == wanted; });
  }

  // Waits until the server has answered it with this status.
  bool meets(int status) {
    return waits_for([this, status] {
      const std::vector<int> met = errors();
      return std::ranges::find(met, status) != met.end();
    });
  }

  bool complete() const { return store_.complete(); }

  std::map<std::string, std::string> notes() const {
    std::map<std::string, std::string> result;
    for (const auto& note : store_.list()) {
      result.emplace(note->meta.name, note->text);
    }
    return result;
  }

  std::vector<int> errors() {
    const sync::MutexLock lock(mutex_);
    return errors_;
  }

 private:
  // What it waits for is looked at again every few milliseconds.
  bool waits_for(const std::function<bool()>& holds) {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    for (int tries = 0; tries < 3'000; ++tries) {
      if (holds()) {
        return true;
      }
      changed_.wait_for(lock, std::chrono::milliseconds(10));
    }
    return false;
  }

  std::condition_variable changed_;
  sync::Mutex mutex_;
  std::vector<int> errors_ PENSTOCK_GUARDED_BY(mutex_);
  ObjectStore<Note> store_;
  StoreSink<Note> sink_;
  std::jthread thread_;
};

inline json::Value note(const std::string& name, const std::string& text) {
  return {{"apiVersion", "v1"},
          {"kind", "ConfigMap"},
          {"metadata", {{"name", name}, {"labels", {{"test", "note"}}}}},
          {"data", {{"text", text}}}};
}

}  // namespace penstock::kube
