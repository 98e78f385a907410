#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "lib/api/node_capacity_spec.h"
#include "lib/api/node_capacity_status.h"
#include "operator/capacity/headroom.h"
#include "operator/capacity/pod_shape.h"
#include "operator/capacity/provider.h"
#include "operator/controllers/stores.h"

// Between a policy's words for its nodes and those of the plan and its providers.
namespace penstock::controllers {

capacity::HeadroomLimits headroom_limits(const api::NodeCapacitySpec& spec);

// What `plan` comes to for the provider.
capacity::Wish wish_of(const reconcile::Policy& policy, const capacity::PodShape& shape,
                       const capacity::HeadroomPlan& plan, const capacity::Room& room);

// All of a wish as one text, by which it is seen that nothing has to be asked for anew.
std::string written_out(const capacity::Wish& wish, std::string_view provider);

api::NodeCapacityStatus node_status(const capacity::HeadroomPlan& plan, const capacity::Room& room,
                                    std::chrono::milliseconds lead);

// "4 nvidia.com/gpu".
std::string gpus_text(const api::NodeCapacityStatus& status, const capacity::PodShape& shape);

// What there is and what is awaited, for people.
std::string summary(const api::NodeCapacityStatus& status, const capacity::PodShape& shape,
                    const capacity::Room& room);

}  // namespace penstock::controllers
