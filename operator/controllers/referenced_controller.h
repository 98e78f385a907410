#pragma once

#include <string>

#include "lib/clock/clock.h"
#include "operator/controllers/status_writer.h"
#include "operator/controllers/stores.h"
#include "operator/kube/client.h"
#include "operator/kube/workers.h"

namespace penstock::controllers {

// Writes the status of CacheTiers and RoutingTables. Threads: any, one object at a time.
class ReferencedController {
 public:
  ReferencedController(const Stores& stores, kube::Client& client, const clock::Clock& clock)
      : stores_(stores), clock_(clock), statuses_(client, clock) {}

  kube::WorkOutcome reconcile_tier(const std::string& ns, const std::string& name);
  kube::WorkOutcome reconcile_table(const std::string& ns, const std::string& name);

 private:
  kube::WorkOutcome write(const kube::ResourceType& type, const reconcile::Document& document,
                          std::uint32_t policies);

  const Stores& stores_;
  const clock::Clock& clock_;
  StatusWriter statuses_;
};

// Whether `policy` refers to the tier or table of this name.
bool uses_tier(const reconcile::Policy& policy, const std::string& name);
bool uses_table(const reconcile::Policy& policy, const std::string& name);

}  // namespace penstock::controllers
