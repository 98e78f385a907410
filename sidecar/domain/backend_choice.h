#pragma once

#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "lib/resolve/resolved_policy.h"
#include "sidecar/domain/instant.h"

namespace penstock::domain {

inline constexpr std::size_t kBackendsMax = 256;  // of one policy
using BackendSet = std::bitset<kBackendsMax>;

enum class BackendHealth : std::uint8_t { kHealthy, kEjected, kProbing };

// Lower case, for the admin API.
constexpr std::string_view label(BackendHealth health) {
  switch (health) {
    case BackendHealth::kHealthy: return "healthy";
    case BackendHealth::kEjected: return "ejected";
    case BackendHealth::kProbing: return "probing";
  }
  return "";
}

// How an upstream call went, as far as it says something about the backend.
enum class BackendOutcome : std::uint8_t {
  kSuccess,  // an answer came, be it a 4xx
  kFailure,  // no connection, no first byte in time, broken off, 5xx
  kNothing,  // the client left, or the answer was a rate limit: no sign either way
};

// What choose() gave; handed back to record().
struct BackendChoice {
  std::uint32_t backend = 0;
  bool probe = false;   // the one call that tries an ejected backend again
  bool forced = false;  // nothing was healthy: the least bad
};

// Picks the backend of each call, and keeps out those that fail.
//
// A backend that fails `failures_max` times in a row is ejected for a backoff. When that is over,
// one call probes it: a success makes it healthy, a failure doubles the backoff. Health is passive:
// it is learnt from calls only.
//
// Time:    the caller passes `now`.
// Threads: not safe. One chooser belongs to one worker and one policy snapshot.
class BackendChooser {
 public:
  struct Settings {
    std::uint32_t failures_max = 5;
    std::chrono::milliseconds backoff_first{10'000};
    std::chrono::milliseconds backoff_max{300'000};
    std::chrono::milliseconds probe_timeout{60'000};  // an unanswered probe makes room for another
  };

  // REQUIRES: backends <= kBackendsMax.
  BackendChooser(std::size_t backends, Settings settings);
  explicit BackendChooser(std::size_t backends) : BackendChooser(backends, Settings()) {}

  // The backend of a call's first attempt: one of the route's by weight, `random` being uniform
  // over its range; else the first healthy fallback; else, with nothing healthy, one of the route's
  // by weight all the same, for a guess about health must not refuse a call. A backend whose probe
  // is due is taken first. Never one of `excluded` (say, because it does not serve the model);
  // nullopt when that leaves none.
  std::optional<BackendChoice> choose(const resolve::Route& route, const BackendSet& excluded,
                                      std::uint64_t random, Instant now);

  // The backend of a further attempt, `excluded` holding those already tried: the first healthy
  // fallback, else another of the route's by weight. Only healthy ones.
  std::optional<BackendChoice> choose_next(const resolve::Route& route, const BackendSet& excluded,
                                           std::uint64_t random, Instant now);

  // Exactly once for each choice, as soon as its outcome is known: with a success, at the first
  // byte.
  void record(const BackendChoice& choice, BackendOutcome outcome, Instant now);

  [[nodiscard]] BackendHealth health(std::uint32_t backend) const {
    return states_[backend].health;
  }
  [[nodiscard]] std::uint32_t consecutive_failures(std::uint32_t backend) const {
    return states_[backend].failures;
  }

 private:
  struct State {
    BackendHealth health = BackendHealth::kHealthy;
    std::uint32_t failures = 0;   // in a row
    std::uint32_t ejections = 0;  // in a row
    Instant until;                // of the ejection, or of the probe
  };

  [[nodiscard]] bool usable(std::uint32_t backend, const BackendSet& excluded) const;
  [[nodiscard]] bool healthy(std::uint32_t backend, const BackendSet& excluded) const;
  [[nodiscard]] bool probe_due(std::uint32_t backend, Instant now) const;
  std::optional<BackendChoice> probe(std::span<const resolve::WeightedBackend> backends,
                                     const BackendSet& excluded, Instant now);
  std::optional<BackendChoice> by_weight(std::span<const resolve::WeightedBackend> backends,
                                         const BackendSet& excluded, std::uint64_t random,
                                         bool force) const;
  std::optional<BackendChoice> fallback(std::span<const std::uint32_t> backends,
                                        const BackendSet& excluded, Instant now);
  BackendChoice start_probe(std::uint32_t backend, Instant now);
  void eject(State& state, Instant now) const;

  Settings settings_;
  std::vector<State> states_;
};

}  // namespace penstock::domain
