#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "operator/reconcile/node.h"

namespace penstock::capacity {

using reconcile::Taint;

// Whether this taint says that its node is about to go: a spot interruption, a maintenance, or a
// node autoscaler that takes it away.
bool is_interruption(std::string_view taint_key);

// The first of them that says so; empty: none.
std::string interruption_of(const std::vector<Taint>& taints);

}  // namespace penstock::capacity
