#include "operator/controllers/foreign_scaler.h"

#include <algorithm>

namespace penstock::controllers {

using kube::FieldOwner;

namespace {

bool is_ours(const FieldOwner& owner) {
  return owner.manager == kube::Client::kFieldManager;
}

// Or somebody who is known by an object of its own.
bool is_persons_tool(const FieldOwner& owner) {
  return owner.manager == "kubectl" || owner.manager.starts_with("kubectl-") ||
         owner.manager == "helm" || owner.manager == "kube-controller-manager";
}

std::string named(const FieldOwner& owner, const char* how) {
  return "field manager \"" + owner.manager + "\", which " + how + ",";
}

}  // namespace

std::string ForeignScaler::look(kube::Client& client, const LiveTarget& live, clock::Instant now) {
  const std::vector<FieldOwner>& owners = read(client, live);
  const bool owned = std::ranges::any_of(owners, is_ours);
  if (owned && !owned_) {
    ++round_;
    regained_ = now;
  }
  owned_ = owned;
  lost_its_owner_ = read_ && had_owner_ && owners.empty();
  had_owner_ = had_owner_ || !owners.empty();
  std::string found;
  for (const FieldOwner& owner : owners) {
    if (is_ours(owner) || is_persons_tool(owner)) {
      continue;
    }
    if (owner.applies) {
      return named(owner, "applies spec.replicas (take that out of what it applies)");
    }
    if (takes_over(owner, now)) {
      found = named(owner, "sets spec.replicas back (kubectl scale ends that)");
    }
  }
  return found;
}

// One that is watched has said it already.
const std::vector<FieldOwner>& ForeignScaler::read(kube::Client& client, const LiveTarget& live) {
  if (live.object.empty()) {
    read_ = true;
    return live.replica_owners;
  }
  if (live.resource_version.empty() || live.resource_version != version_) {
    const auto object = client.get(live.object);
    read_ = object.has_value();
    if (object) {
      owners_ = kube::owners_of(*object, "replicas");
    }
    if (object || object.error().refused() || object.error().not_found()) {
      version_ = live.resource_version;  // else it is asked for again
    }
  }
  return owners_;
}

// A write of ours is only made over what was seen, so a later one of its own came after that.
bool ForeignScaler::takes_over(const FieldOwner& owner, clock::Instant now) {
  if (known_.size() >= kKnownMax && !known_.contains(owner.manager)) {
    return false;
  }
  Known& known = known_[owner.manager];
  if (known.takeovers > 0 && now - known.last >= kRemembered) {
    known.takeovers = std::min(known.takeovers, kTakeovers) - 1;
    known.last = now;
  }
  const bool again = owner.time > known.time;
  if (round_ > known.round && again) {
    // A person may do so twice in a day, but hardly each time that the operator has just done it.
    const bool at_once = now - regained_ <= kAtOnce;
    known.round = round_;
    known.last = now;
    known.takeovers = at_once ? known.takeovers + 1 : 1;
  } else if (known.takeovers >= kTakeovers && again) {
    known.last = now;  // it goes on
  }
  known.time = std::max(known.time, owner.time);
  return known.takeovers >= kTakeovers;
}

}  // namespace penstock::controllers
