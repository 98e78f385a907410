#include "operator/simulate/nodes.h"

#include <algorithm>
#include <utility>

namespace penstock::simulate {

// A stream of its own: replicas take the same time to start with nodes and without.
Nodes::Nodes(const NodeSettings& settings, double spread, std::uint64_t seed, int replicas)
    : settings_(settings), spread_(spread), random_(~seed) {
  for (std::int64_t replica = 0; replica < replicas; ++replica) {
    if (replica % settings.replicas == 0) {
      nodes_.push_back({.is_ready = true});
    }
    nodes_.back().replicas.push_back(replica);
  }
}

void Nodes::add(double now_s, std::int64_t replica) {
  waiting_.push_back({replica, now_s});
}

void Nodes::remove(double now_s, std::int64_t replica) {
  std::erase_if(waiting_, [&](const Waiting& waiting) { return waiting.replica == replica; });
  for (Node& node : nodes_) {
    if (std::erase(node.replicas, replica) > 0 && node.replicas.empty()) {
      node.empty_since_s = now_s;
    }
  }
}

std::vector<Placed> Nodes::advance(double now_s) {
  std::vector<Placed> placed;
  come(now_s, placed);
  drop_idle(now_s);
  place(now_s, placed);
  order(now_s);
  come(now_s, placed);  // those that take no time
  return placed;
}

// Each at its own moment, the earliest first: who waits longest gets the first room there is.
void Nodes::come(double now_s, std::vector<Placed>& placed) {
  const auto next = [&] {
    return std::ranges::min_element(
        nodes_, {}, [](const Node& node) { return std::pair(node.is_ready, node.ready_s); });
  };
  for (auto node = next(); node != nodes_.end() && !node->is_ready && node->ready_s <= now_s;
       node = next()) {
    node->is_ready = true;
    node->empty_since_s = node->ready_s;
    place(node->ready_s, placed);
  }
}

Nodes::Node* Nodes::fullest_with_room() {
  Node* fullest = nullptr;
  for (Node& node : nodes_) {
    const bool has_room = node.is_ready && std::cmp_less(node.replicas.size(), settings_.replicas);
    if (has_room && (fullest == nullptr || node.replicas.size() > fullest->replicas.size())) {
      fullest = &node;
    }
  }
  return fullest;
}

void Nodes::place(double now_s, std::vector<Placed>& placed) {
  while (!waiting_.empty()) {
    Node* const node = fullest_with_room();
    if (node == nullptr) {
      return;
    }
    const auto [replica, since_s] = waiting_.front();
    waiting_.pop_front();
    node->replicas.push_back(replica);
    // One that takes no time is ready the moment that it was ordered for somebody.
    const bool came = node->ready_s > since_s || node->ordered_s >= since_s;
    placed.push_back({.replica = replica,
                      .at_s = now_s,
                      .path = came ? autoscale::StartPath::kNode : autoscale::StartPath::kPod});
  }
}

void Nodes::order(double now_s) {
  const auto coming =
      std::ranges::count_if(nodes_, [](const Node& node) { return !node.is_ready; });
  for (std::int64_t room = coming * settings_.replicas; room < std::ssize(waiting_);
       room += settings_.replicas) {
    const double share = 1 + spread_ * (2 * random_.uniform() - 1);
    nodes_.push_back({.ordered_s = now_s, .ready_s = now_s + settings_.start_s * share});
  }
}

void Nodes::drop_idle(double now_s) {
  std::erase_if(nodes_, [&](const Node& node) {
    return node.is_ready && node.replicas.empty() && node.empty_since_s + settings_.idle_s <= now_s;
  });
}

}  // namespace penstock::simulate
