#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

// Which pods should go when replicas shrink. A ReplicaSet takes pods that are not ready first, then
// those with the lowest controller.kubernetes.io/pod-deletion-cost: best effort, and only there.
namespace penstock::autoscale {

struct VictimCandidate {
  std::string name;
  std::string node;  // empty: not scheduled yet
  bool ready = true;
  bool node_held = false;  // other work keeps the node, so it is not emptied whatever goes
  // What its cache is worth: tokens/s it saves, or any measure of that order; nullopt: not known,
  // which counts as the mean of those that are.
  std::optional<double> cache_value;
  int cost = 0;  // what it was given at the choice before, if it is still to go
};

struct DeletionCost {
  std::string name;
  int cost = 0;  // of the annotation: victims -k … -1, the first to go lowest; everyone else 0

  bool operator==(const DeletionCost&) const = default;
};

// One cost for each pod, in the order of `pods`. First go pods that are not ready; then whole nodes
// that this empties, as many of them as possible (fewest pods first, then least cache); then the
// least valuable caches, and of equals the pod whose node has the fewest others. Scale-in that
// ignores nodes leaves one pod on each, and pays for all of them.
// A choice that was made before, of as many pods, stands unless another one is clearly better: who
// is to go is read by another controller, some time later. Clearly better is one that takes more
// pods that are not ready, or else empties more nodes, or else loses a fifth less of what caches
// are worth. `count` beyond the number of pods means all of them; below 1 nobody.
std::vector<DeletionCost> choose_victims(std::span<const VictimCandidate> pods, int count);

}  // namespace penstock::autoscale
