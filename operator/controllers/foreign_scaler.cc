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
  return "field manager \"" + owner.manager + "\" (" + how + " spec.replicas)";
}

}  // namespace

std::string ForeignScaler::look(kube::Client& client, const LiveTarget& live, clock::Instant now) {
  const std::vector<FieldOwner>& owners = read(client, live);
  const bool owned = std::ranges::any_of(owners, is_ours);
  round_ += owned && !owned_ ? 1 : 0;
  owned_ = owned;
  std::string found;
  for (const FieldOwner& owner : owners) {
    if (is_ours(owner) || is_persons_tool(owner)) {
      continue;
    }
    if (owner.applies) {
      return named(owner, "applies");
    }
    if (takes_over(owner, now)) {
      found = named(owner, "sets back");
    }
  }
  return found;
}

// One that is watched has said it already.
const std::vector<FieldOwner>& ForeignScaler::read(kube::Client& client, const LiveTarget& live) {
  if (live.object.empty()) {
    return live.replica_owners;
  }
  if (live.resource_version.empty() || live.resource_version != version_) {
    version_ = live.resource_version;
    if (const auto object = client.get(live.object); object) {
      owners_ = kube::owners_of(*object, "replicas");
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
  if (round_ > known.round && owner.time > known.time) {
    known.round = round_;
    known.last = now;
    ++known.takeovers;
  }
  known.time = std::max(known.time, owner.time);
  return known.takeovers >= kTakeovers;
}

}  // namespace penstock::controllers
