#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lib/clock/clock.h"
#include "operator/controllers/scale_target.h"
#include "operator/kube/client.h"

namespace penstock::controllers {

// Who sets a target's replicas, too, and is no object that could be listed: told by the managers
// that own its spec.replicas (metadata.managedFields).
//
// - Who owns it by server-side apply is another scaler: it sets it at each apply.
// - Who owns it otherwise is one once it has set it again over what this operator had written
//   (kTakeovers), each time at once (kAtOnce). Once is a change as a person makes it. It is taken
//   at its word until it has set nothing for kRemembered; then one more write finds out whether it
//   is there still.
// - "kubectl", "kubectl-…" and "helm" are a person's tools, whatever they do and how often.
//   "kube-controller-manager" writes for HorizontalPodAutoscalers, which are known by themselves.
//
// Threads: not safe.
class ForeignScaler {
 public:
  static constexpr int kTakeovers = 2;
  static constexpr std::chrono::minutes kAtOnce{5};
  static constexpr std::chrono::hours kRemembered{24};
  static constexpr std::size_t kKnownMax = 16;  // managers; of others nothing is remembered

  // Who it is, for people; empty: nobody. Asks for the object where that is not watched, once for
  // each of its versions; what cannot be read says nothing.
  std::string look(kube::Client& client, const LiveTarget& live, clock::Instant now);

  // As of the last look: nobody owns spec.replicas any more, so that they are what the API server
  // puts there. False where nobody was ever seen to: whose they are may not be told at all.
  [[nodiscard]] bool lost_its_owner() const { return lost_its_owner_; }

  // The operator has set the replicas.
  void wrote(clock::Instant now) {
    ++round_;
    regained_ = now;
  }

 private:
  struct Known {
    std::string time;         // of its last write that was seen
    std::uint64_t round = 0;  // in which that was a takeover
    int takeovers = 0;
    clock::Instant last{};  // of these
  };

  const std::vector<kube::FieldOwner>& read(kube::Client& client, const LiveTarget& live);
  bool takes_over(const kube::FieldOwner& owner, clock::Instant now);

  std::string version_;                   // of an object that is not watched, as read last
  std::vector<kube::FieldOwner> owners_;  // as it says
  std::map<std::string, Known> known_;    // by manager
  // Begins with each time that the replicas are the operator's: 0 until they first are.
  std::uint64_t round_ = 0;
  bool owned_ = false;      // they were, at the last look
  bool read_ = false;       // whose they are could be read
  bool had_owner_ = false;  // at some look
  bool lost_its_owner_ = false;
  clock::Instant regained_{};  // when they last became so
};

}  // namespace penstock::controllers
