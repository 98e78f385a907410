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

  // Of pods that keep room: their image, which does nothing, and their PriorityClass.
  Providers(kube::Client& client, kube::Discovery& discovery, std::string image,
            std::string priority_class)
      : client_(client),
        discovery_(discovery),
        image_(std::move(image)),
        priority_class_(std::move(priority_class)) {}

  // REQUIRES: a provider that is not Off. Auto: by what the cluster serves now.
  kube::ApiResult<Provider> of(const api::NodeCapacitySpec& spec) const;

  // By its name in a status, to take back what it made; null: it made nothing.
  [[nodiscard]] Provider maker(std::string_view name) const;

 private:
  kube::Client& client_;
  kube::Discovery& discovery_;
  const std::string image_;
  const std::string priority_class_;
};

}  // namespace penstock::capacity
