#pragma once

#include <string>
#include <vector>

#include "lib/json/text.h"
#include "operator/reconcile/world.h"

// What holds the requests of a policy that scales to zero, while nothing runs: a Deployment of the
// sidecar in its --hold mode; a Service of its own, by which that reaches the engine's pods and
// never itself; and an EndpointSlice that makes it the users' Service's endpoint while there is no
// other.
namespace penstock::reconcile {

// Whose pods hold; its value is hold_name().
inline constexpr const char* kHoldLabel = "penstock.dev/hold";
inline constexpr const char* kHoldHashLabel = "penstock.dev/hash";
inline constexpr const char* kSliceManager = "penstock.dev";

// The condition that says whether somebody holds.
inline constexpr const char* kHoldReady = "HoldReady";

// The name of all three.
std::string hold_name(const std::string& policy);

bool is_hold(const kube::ObjectMeta& meta);

// The Service whose requests are held, and by which of its ports they come.
struct HeldService {
  Ptr<Service> service;  // nullptr: none, see below
  ServicePort port;
  std::string reason;  // of the condition
  std::string message;
};

// `pods`: the labels of the target's, where they are known.
HeldService held_service(const Policy& policy, const std::map<std::string, std::string>* pods,
                         const std::vector<Ptr<Service>>& services);

// A pod that holds, and is ready to.
struct HoldPod {
  std::string name;
  std::string ip;
};

json::Value hold_service(const Policy& policy, const HeldService& held);
// `address`: of hold_service().
json::Value hold_deployment(const Policy& policy, const HeldService& held,
                            const std::string& address, const Settings& settings);
json::Value hold_slice(const Policy& policy, const HeldService& held,
                       const std::vector<HoldPod>& pods, const Settings& settings);

}  // namespace penstock::reconcile
