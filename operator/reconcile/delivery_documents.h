#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "operator/reconcile/world.h"

namespace penstock::reconcile {

// What a policy's sidecars are given: the user's documents as they are, and a PolicyBinding.
struct Delivery {
  std::string hash;
  std::map<std::string, std::string> files;  // name -> JSON
  // Keys of Secrets that the documents refer to: (Secret, key).
  std::set<std::pair<std::string, std::string>> secrets;
  std::uint64_t cache_bytes = 0;  // of all memory tiers
};

struct DeliveryResult {
  std::optional<Delivery> delivery;
  std::vector<std::string> errors;  // "RoutingTable default/x spec.… message"
};

// Who reaches the listeners of a policy's sidecars.
enum class Callers : std::uint8_t {
  kOwnPod,    // the pods are clients, whose sidecars listen on loopback
  kAnyone,    // they are before engines
  kNotKnown,  // anyone, as far as can be told
};

// Follows the policy's references through `world` and checks the whole as a sidecar will. Where
// calls go that no table routes is no part of it, for each pod's flags say that; but sidecars from
// before that was so are told what theirs say.
DeliveryResult documents_of(const World& world, Callers callers);

}  // namespace penstock::reconcile
