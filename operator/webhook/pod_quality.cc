#include "operator/webhook/pod_quality.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "operator/kube/object_meta.h"
#include "operator/kube/quantity.h"

namespace penstock::webhook {
namespace {

using json::Value;
using kube::list_of;
using kube::member;
using kube::text_of;

// As amounts: "0.7" is "700m", which the last bit of a double may tell apart.
bool are_equal(double a, double b) {
  constexpr double kRounding = 4 * std::numeric_limits<double>::epsilon();
  return std::abs(a - b) <= kRounding * std::max(a, b);
}

bool asks_for_its_limits(const Value& container) {
  const Value& resources = member(container, "resources");
  const Value& limits = member(resources, "limits");
  const Value& requests = member(resources, "requests");
  return std::ranges::all_of(std::array{"cpu", "memory"}, [&](const char* name) {
    const std::optional<double> limit = kube::quantity_of(text_of(limits, name));
    if (!limit || *limit <= 0) {
      return false;
    }
    const std::optional<double> request = kube::quantity_of(text_of(requests, name));
    return !requests.contains(name) || (request && are_equal(*request, *limit));
  });
}

}  // namespace

bool has_resources_as_a_whole(const Value& spec) {
  const Value& resources = member(spec, "resources");
  return !member(resources, "requests").empty() || !member(resources, "limits").empty();
}

bool is_guaranteed(const Value& spec) {
  return std::ranges::all_of(list_of(spec, "containers"), asks_for_its_limits) &&
         std::ranges::all_of(list_of(spec, "initContainers"), asks_for_its_limits);
}

}  // namespace penstock::webhook
