#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "operator/kube/object_meta.h"

namespace penstock::reconcile {

struct Taint {
  std::string key;
  std::string value;
  std::string effect;

  bool operator==(const Taint&) const = default;
};

// Of a node what matters to pods with devices.
struct Node {
  kube::ObjectMeta meta;
  std::string machine_owner;  // whose machine it is, as Cluster API notes it; empty: nobody's
  bool ready = false;
  bool schedulable = true;
  std::vector<Taint> taints;
  // Of devices ("nvidia.com/gpu"): what pods may ask for. A device plugin puts it there, some time
  // after the node is Ready.
  std::map<std::string, std::int64_t> allocatable;
  std::map<std::string, std::int64_t> capacity;
  std::string machine_owner_kind;  // what that owner is; empty: not told
};

}  // namespace penstock::reconcile
