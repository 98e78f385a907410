#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "lib/api/node_capacity_spec.h"
#include "operator/capacity/provider.h"
#include "operator/kube/client.h"
#include "operator/kube/discovery.h"

namespace penstock::capacity {

// Which provider a policy's nodes come from. Threads: any.
class Providers {
 public:
  using Provider = std::unique_ptr<NodeCapacityProvider>;

  // Pods that keep room: whether they may be made, their image, which does nothing, and their
  // PriorityClass.
  struct Placeholders {
    bool allowed = true;
    std::string image;
    std::string priority_class;
  };

  Providers(kube::Client& client, kube::Discovery& discovery, Placeholders placeholders)
      : client_(client), discovery_(discovery), placeholders_(std::move(placeholders)) {}

  // REQUIRES: a provider that is not Off. Auto: by what the cluster serves now. An error of status
  // 403: it would be a placeholder, and those are turned off.
  kube::ApiResult<Provider> of(const api::NodeCapacitySpec& spec) const;

  // By its name in a status, to take back what it made; null: it made nothing.
  [[nodiscard]] Provider maker(std::string_view name) const;

 private:
  kube::Client& client_;
  kube::Discovery& discovery_;
  const Placeholders placeholders_;
};

}  // namespace penstock::capacity
