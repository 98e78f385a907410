#include "operator/autoscale/victims.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>
#include <string_view>
#include <tuple>

namespace penstock::autoscale {
namespace {

double mean_value(std::span<const VictimCandidate> pods) {
  double sum = 0;
  int known = 0;
  for (const VictimCandidate& pod : pods) {
    if (pod.cache_value) {
      sum += *pod.cache_value;
      ++known;
    }
  }
  return known > 0 ? sum / known : 0;
}

struct Node {
  std::string_view name;
  std::size_t pods = 0;
  double value = 0;
  bool held = false;
};

class Selection {
 public:
  Selection(std::span<const VictimCandidate> pods, std::size_t count)
      : pods_(pods), count_(count), unknown_value_(mean_value(pods)) {
    for (std::size_t i = 0; i < pods.size(); ++i) {
      left_.push_back(i);
    }
  }

  void take_unready() {
    take_best([&](std::size_t i) { return std::tuple(value_of(i), name_of(i)); },
              [&](std::size_t i) { return !pods_[i].ready; });
  }

  void take_whole_nodes() {
    std::vector<Node> nodes = nodes_of_rest();
    std::erase_if(nodes, &Node::held);
    std::ranges::sort(
        nodes, {}, [](const Node& node) { return std::tuple(node.pods, node.value, node.name); });
    for (const Node& node : nodes) {
      if (node.pods <= count_ - victims_.size()) {
        take_best([&](std::size_t i) { return std::tuple(value_of(i), name_of(i)); },
                  [&](std::size_t i) { return pods_[i].node == node.name; });
      }
    }
  }

  void take_least_valuable() {
    std::map<std::string_view, int> on_node;
    for (const std::size_t i : left_) {
      ++on_node[pods_[i].node];
    }
    take_best(
        [&](std::size_t i) { return std::tuple(value_of(i), on_node[pods_[i].node], name_of(i)); },
        [](std::size_t) { return true; });
  }

  [[nodiscard]] std::vector<DeletionCost> costs() const {
    std::vector<DeletionCost> costs;
    costs.reserve(pods_.size());
    for (const VictimCandidate& pod : pods_) {
      costs.push_back({.name = pod.name});
    }
    int cost = -static_cast<int>(victims_.size());
    for (const std::size_t victim : victims_) {
      costs[victim].cost = cost++;
    }
    return costs;
  }

 private:
  [[nodiscard]] double value_of(std::size_t pod) const {
    return pods_[pod].cache_value.value_or(unknown_value_);
  }
  [[nodiscard]] std::string_view name_of(std::size_t pod) const { return pods_[pod].name; }

  [[nodiscard]] std::vector<Node> nodes_of_rest() const {
    std::map<std::string_view, Node> by_name;
    for (const std::size_t i : left_) {
      const VictimCandidate& pod = pods_[i];
      Node& node = by_name[pod.node];
      node.name = pod.node;
      ++node.pods;
      node.value += value_of(i);
      node.held = node.held || pod.node_held || pod.node.empty();
    }
    std::vector<Node> nodes;
    nodes.reserve(by_name.size());
    for (const auto& [name, node] : by_name) {
      nodes.push_back(node);
    }
    return nodes;
  }

  // Those of `left_` that are `eligible`, smallest key first, until there are enough victims.
  template <class Key, class Eligible>
  void take_best(const Key& key, const Eligible& eligible) {
    std::vector<std::size_t> chosen;
    std::ranges::copy_if(left_, std::back_inserter(chosen), eligible);
    std::ranges::sort(chosen, {}, key);
    chosen.resize(std::min(chosen.size(), count_ - victims_.size()));
    for (const std::size_t pod : chosen) {
      victims_.push_back(pod);
      std::erase(left_, pod);
    }
  }

  std::span<const VictimCandidate> pods_;
  std::size_t count_;
  double unknown_value_;
  std::vector<std::size_t> left_;
  std::vector<std::size_t> victims_;
};

// What a choice comes to.
struct Worth {
  std::ptrdiff_t unready = 0;
  std::ptrdiff_t nodes = 0;  // that it empties
  double value = 0;          // of the caches that go
};

Worth worth_of(std::span<const VictimCandidate> pods, std::span<const DeletionCost> costs) {
  const double unknown_value = mean_value(pods);
  Worth worth;
  std::map<std::string_view, bool> emptied;
  for (std::size_t i = 0; i < pods.size(); ++i) {
    const VictimCandidate& pod = pods[i];
    const bool goes = costs[i].cost < 0;
    worth.unready += goes && !pod.ready ? 1 : 0;
    worth.value += goes ? pod.cache_value.value_or(unknown_value) : 0;
    bool& empty = emptied.try_emplace(pod.node, true).first->second;
    empty = empty && goes && !pod.node_held && !pod.node.empty();
  }
  worth.nodes = std::ranges::count(emptied, true, [](const auto& node) { return node.second; });
  return worth;
}

bool is_clearly_better(const Worth& one, const Worth& other) {
  constexpr double kNoise = 0.8;
  if (one.unready != other.unready) {
    return one.unready > other.unready;
  }
  return one.nodes == other.nodes ? one.value < kNoise * other.value : one.nodes > other.nodes;
}

}  // namespace

std::vector<DeletionCost> choose_victims(std::span<const VictimCandidate> pods, int count) {
  const std::ptrdiff_t most = std::ssize(pods);
  const std::ptrdiff_t wanted = std::clamp<std::ptrdiff_t>(count, 0, most);
  Selection selection(pods, static_cast<std::size_t>(wanted));
  selection.take_unready();
  selection.take_whole_nodes();
  selection.take_least_valuable();
  std::vector<DeletionCost> chosen = selection.costs();
  std::vector<DeletionCost> before;
  before.reserve(pods.size());
  for (const VictimCandidate& pod : pods) {
    before.push_back({.name = pod.name, .cost = std::min(pod.cost, 0)});
  }
  const bool as_many =
      wanted == std::ranges::count_if(before, [](const DeletionCost& pod) { return pod.cost < 0; });
  const bool stands = as_many && !is_clearly_better(worth_of(pods, chosen), worth_of(pods, before));
  return stands ? before : chosen;
}

}  // namespace penstock::autoscale
