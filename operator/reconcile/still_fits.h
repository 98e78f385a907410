#pragma once

#include "operator/reconcile/world.h"

namespace penstock::reconcile {

// Whether what new pods are given, by the policy's status, is right for all workloads whose pods
// get it by that status: these are still what it was made for, or nothing tells what they are. What
// only the policy, its Services or nobody says by now does not matter: pods that are as they were
// come up with it as well as they did. REQUIRES: the status holds an injection.
bool still_fits(const World& world, const Settings& settings);

}  // namespace penstock::reconcile
