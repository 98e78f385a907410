#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "lib/clock/clock.h"
#include "lib/sync/mutex.h"
#include "operator/controllers/background.h"

namespace penstock::controllers {

// Why there is no answer.
enum class Silence : std::uint8_t {
  kNotYet,   // it has just been asked for
  kTooLong,  // whoever is asked does not answer, and what was said before is out of date
};

// What somebody says who may be slow to answer, by key: asked in the background, once at a time for
// a key, and told as it was said last. Failures are answers, too. Keys that nobody asks for are
// forgotten. Threads: any.
template <class T>
class BackgroundAnswers {
 public:
  using Answer = std::shared_ptr<const T>;

  struct Pace {
    std::chrono::milliseconds again;     // after an answer: when it is asked for anew
    std::chrono::milliseconds believed;  // how long one stands while the next does not come
  };

  // `ask` may take long; `background` ends before whatever `ask` uses.
  BackgroundAnswers(Background& background, const clock::Clock& clock,
                    std::function<T(const std::string& key)> ask, Pace pace)
      : background_(background), clock_(clock), ask_(std::move(ask)), pace_(pace) {}

  // Never waits.
  std::expected<Answer, Silence> find(const std::string& key) {
    const clock::Instant now = clock_.now();
    if (is_due(key, now)) {
      background_.run([this, key] { answer(key); });
    }
    const sync::MutexLock lock(mutex_);
    const Known& known = known_[key];
    const bool stands = now < known.since + pace_.believed;
    if (known.answer != nullptr && stands) {
      return known.answer;
    }
    return std::unexpected(stands ? Silence::kNotYet : Silence::kTooLong);
  }

 private:
  struct Known {
    Answer answer;
    clock::Instant since;  // it was given, or asked for where there is none yet
    clock::Instant used;
    bool asking = false;
  };
  static constexpr std::chrono::minutes kForgotten{10};

  bool is_due(const std::string& key, clock::Instant now) {
    const sync::MutexLock lock(mutex_);
    std::erase_if(known_, [now](const auto& entry) {
      return !entry.second.asking && entry.second.used + kForgotten < now;
    });
    const auto [found, added] = known_.try_emplace(key, Known{.since = now});
    Known& known = found->second;
    known.used = now;
    const bool fresh = known.answer != nullptr && now < known.since + pace_.again;
    return !fresh && !std::exchange(known.asking, true);
  }

  void answer(const std::string& key) {
    auto said = std::make_shared<const T>(ask_(key));
    const sync::MutexLock lock(mutex_);
    Known& known = known_[key];
    known.answer = std::move(said);
    known.since = clock_.now();
    known.asking = false;
  }

  Background& background_;
  const clock::Clock& clock_;
  const std::function<T(const std::string& key)> ask_;
  const Pace pace_;
  sync::Mutex mutex_;
  std::map<std::string, Known> known_ PENSTOCK_GUARDED_BY(mutex_);
};

}  // namespace penstock::controllers
