#include "sidecar/domain/backend_choice.h"

#include <algorithm>

namespace penstock::domain {

BackendChooser::BackendChooser(std::size_t backends, Settings settings)
    : settings_(settings), states_(std::min(backends, kBackendsMax)) {}

bool BackendChooser::usable(std::uint32_t backend, const BackendSet& excluded) const {
  return backend < states_.size() && !excluded[backend];
}

bool BackendChooser::healthy(std::uint32_t backend, const BackendSet& excluded) const {
  return usable(backend, excluded) && states_[backend].health == BackendHealth::kHealthy;
}

bool BackendChooser::probe_due(std::uint32_t backend, Instant now) const {
  const State& state = states_[backend];
  return state.health != BackendHealth::kHealthy && now >= state.until;
}

BackendChoice BackendChooser::start_probe(std::uint32_t backend, Instant now) {
  State& state = states_[backend];
  state.health = BackendHealth::kProbing;
  state.until = now + settings_.probe_timeout;
  return {.backend = backend, .probe = true, .forced = false};
}

// A backend without weight takes no calls, probes included.
std::optional<BackendChoice> BackendChooser::probe(
    std::span<const resolve::WeightedBackend> backends, const BackendSet& excluded, Instant now) {
  for (const resolve::WeightedBackend& entry : backends) {
    if (entry.weight > 0 && usable(entry.backend, excluded) && probe_due(entry.backend, now)) {
      return start_probe(entry.backend, now);
    }
  }
  return std::nullopt;
}

std::optional<BackendChoice> BackendChooser::by_weight(
    std::span<const resolve::WeightedBackend> backends, const BackendSet& excluded,
    std::uint64_t random, bool force) const {
  const auto weight = [&](const resolve::WeightedBackend& entry) -> std::uint64_t {
    const bool candidate =
        force ? usable(entry.backend, excluded) : healthy(entry.backend, excluded);
    return candidate ? entry.weight : 0;
  };
  std::uint64_t total = 0;
  for (const resolve::WeightedBackend& entry : backends) {
    total += weight(entry);
  }
  if (total == 0) {
    return std::nullopt;
  }
  // The bias of the remainder is below one in 2^24: 256 weights of 32 bits against 64 random bits.
  std::uint64_t place = random % total;
  for (const resolve::WeightedBackend& entry : backends) {
    const std::uint64_t share = weight(entry);
    if (place < share) {
      return BackendChoice{.backend = entry.backend, .probe = false, .forced = force};
    }
    place -= share;
  }
  return std::nullopt;
}

std::optional<BackendChoice> BackendChooser::fallback(std::span<const std::uint32_t> backends,
                                                      const BackendSet& excluded, Instant now) {
  for (const std::uint32_t backend : backends) {
    if (healthy(backend, excluded)) {
      return BackendChoice{.backend = backend, .probe = false, .forced = false};
    }
    if (usable(backend, excluded) && probe_due(backend, now)) {
      return start_probe(backend, now);
    }
  }
  return std::nullopt;
}

std::optional<BackendChoice> BackendChooser::choose(const resolve::Route& route,
                                                    const BackendSet& excluded,
                                                    std::uint64_t random, Instant now) {
  if (auto choice = probe(route.backends, excluded, now)) {
    return choice;
  }
  if (auto choice = by_weight(route.backends, excluded, random, false)) {
    return choice;
  }
  if (auto choice = fallback(route.fallback, excluded, now)) {
    return choice;
  }
  if (auto choice = by_weight(route.backends, excluded, random, true)) {
    return choice;
  }
  for (const std::uint32_t backend : route.fallback) {
    if (usable(backend, excluded)) {
      return BackendChoice{.backend = backend, .probe = false, .forced = true};
    }
  }
  return std::nullopt;
}

std::optional<BackendChoice> BackendChooser::choose_next(const resolve::Route& route,
                                                         const BackendSet& excluded,
                                                         std::uint64_t random, Instant now) {
  if (auto choice = fallback(route.fallback, excluded, now)) {
    return choice;
  }
  return by_weight(route.backends, excluded, random, false);
}

void BackendChooser::eject(State& state, Instant now) const {
  auto backoff = settings_.backoff_first;
  for (std::uint32_t i = 0; i < state.ejections && backoff < settings_.backoff_max; ++i) {
    backoff *= 2;
  }
  state.health = BackendHealth::kEjected;
  state.until = now + std::min(backoff, settings_.backoff_max);
  ++state.ejections;
}

void BackendChooser::record(const BackendChoice& choice, BackendOutcome outcome, Instant now) {
  if (choice.backend >= states_.size()) {
    return;
  }
  State& state = states_[choice.backend];
  // A call that was started before the ejection says nothing new about the time since.
  const bool counts = choice.probe || choice.forced || state.health == BackendHealth::kHealthy;
  if (!counts) {
    return;
  }
  switch (outcome) {
    case BackendOutcome::kSuccess: state = State(); return;
    case BackendOutcome::kNothing:
      if (choice.probe && state.health == BackendHealth::kProbing) {
        // The next call probes again.
        state.health = BackendHealth::kEjected;
        state.until = now;
      }
      return;
    case BackendOutcome::kFailure: break;
  }
  state.failures += state.failures < UINT32_MAX ? 1 : 0;
  const bool probe_failed = choice.probe && state.health == BackendHealth::kProbing;
  const bool too_many =
      state.health == BackendHealth::kHealthy && state.failures >= settings_.failures_max;
  if (probe_failed || too_many) {
    eject(state, now);
  }
}

}  // namespace penstock::domain
