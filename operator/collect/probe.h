#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "lib/clock/clock.h"
#include "lib/task/event.h"
#include "lib/task/task.h"
#include "operator/collect/collector.h"
#include "operator/collect/peer.h"

namespace penstock::collect {

// The coroutine that asks one sidecar, when it is told to: what it runs, and now and then whether
// it is what listens on the pod's port.
// Threads: the collector's.
class Probe {
 public:
  using Answered = std::function<void(Probe&, const Report&)>;
  // The body of an answer to the question for signals.
  using Signalled = std::function<void(Probe&, const std::string& body)>;

  // `nonces` makes a value that nobody says by chance.
  Probe(const Network& network, const clock::Clock& clock, Target target,
        std::function<std::string()> nonces, Answered answered, Signalled signalled);
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  // `ended` is called once, when nothing refers to this any more; it may destroy it.
  void start(void (*ended)(void*), void* argument);
  // For health, signals, or both; a proof that comes with it holds for `proven`, and no longer than
  // the connection to the sidecar.
  void ask(bool health, bool signals, std::chrono::milliseconds proven);
  [[nodiscard]] bool busy() const { return busy_; }
  // Ends the coroutine soon.
  void close();

  [[nodiscard]] const Target& target() const { return target_; }
  void want(const Target& target) {
    target_.wanted = target.wanted;
    target_.signals = target.signals;
  }

 private:
  static constexpr unsigned kSilencesMost = 3;  // that a proof outlives, less one

  Task<> run();
  Task<> ask_health();
  Task<> ask_signals();
  Task<> prove();

  const clock::Clock& clock_;
  Target target_;
  const std::function<std::string()> nonces_;
  const Answered answered_;
  const Signalled signalled_;
  Peer status_;
  Peer data_;
  Answer answer_;
  Proof proof_ = Proof::kNone;
  unsigned silences_ = 0;  // in a row, of the port that is to be proven
  clock::Instant proof_due_{};
  unsigned proven_over_ = 0;  // the connection to the sidecar at the last proof
  Event asked_;
  bool busy_ = false;
  bool health_ = false;  // what was asked for
  bool signals_ = false;
  std::chrono::milliseconds proven_{};
  bool closing_ = false;
  Task<> task_;
};

}  // namespace penstock::collect
