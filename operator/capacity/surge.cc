#include "operator/capacity/surge.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "operator/kube/object_meta.h"

namespace penstock::capacity {
namespace {

constexpr int kDefaultPercent = 25;
constexpr int kMost = 1'000'000;

int share_of(int replicas, int percent) {
  return static_cast<int>((std::int64_t{replicas} * percent + 99) / 100);
}

}  // namespace

int surge_of(const json::Value& deployment_spec, int replicas) {
  const json::Value& strategy = kube::member(deployment_spec, "strategy");
  if (kube::text_of(strategy, "type") == "Recreate") {
    return 0;
  }
  const json::Value& surge = kube::member(kube::member(strategy, "rollingUpdate"), "maxSurge");
  if (surge.is_number_integer()) {
    return static_cast<int>(std::clamp<std::int64_t>(surge.get<std::int64_t>(), 0, kMost));
  }
  int percent = kDefaultPercent;
  if (surge.is_string()) {
    const auto& text = surge.get_ref<const std::string&>();
    std::from_chars(text.data(), text.data() + text.size(), percent);
  }
  return share_of(replicas, std::clamp(percent, 0, kMost));
}

}  // namespace penstock::capacity
