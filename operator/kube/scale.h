#pragma once

#include <cstdint>
#include <string>

#include "operator/kube/client.h"

namespace penstock::kube {

// The replicas of anything that serves `/scale`, without knowing what it is.
struct Scale {
  std::int64_t wanted = 0;       // spec.replicas
  std::int64_t present = 0;      // status.replicas
  std::string selector;          // of its pods, as a query takes it; empty: not told
  std::string uid;               // of the object
  std::string created;           // the same, RFC 3339, UTC
  std::string resource_version;  // the same
};

// `path`: of the object's part "scale" (ResourceType::object).
ApiResult<Scale> read_scale(Client& client, const std::string& path);

// Sets spec.replicas. Only over the version that was read, where `seen` is one: somebody else's
// change in between is a conflict (409), and stays.
ApiResult<Scale> write_scale(Client& client, const std::string& path, std::int64_t replicas,
                             const std::string& seen);

}  // namespace penstock::kube
