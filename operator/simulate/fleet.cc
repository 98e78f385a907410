#include "operator/simulate/fleet.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace penstock::simulate {
namespace {

constexpr double kServedBefore_s = 3'600;

}  // namespace

Fleet::Fleet(const FleetSettings& settings, Ledger& ledger, int replicas)
    : settings_(settings), ledger_(&ledger), random_(settings.seed), replicas_(replicas) {
  for (int i = 0; i < replicas; ++i) {
    pods_.push_back({.number = numbers_++,
                     .created_s = -kServedBefore_s - settings.start_s,
                     .start_s = settings.start_s,
                     .ready_s = -kServedBefore_s,
                     .serves = true,
                     .replica = Replica(settings_.engine, ledger)});
  }
  if (settings.nodes) {
    nodes_.emplace(*settings.nodes, settings.start_spread, settings.seed, replicas);
  }
}

void Fleet::scale(double now_s, int replicas) {
  const int change = replicas - replicas_;
  replicas_ = replicas;
  for (int i = 0; i < change; ++i) {
    const double share = 1 + settings_.start_spread * (2 * random_.uniform() - 1);
    const double start_s = settings_.start_s * share;
    pods_.push_back({.number = numbers_++,
                     .created_s = now_s,
                     .start_s = start_s,
                     .ready_s = nodes_ ? Replica::kNever : now_s + start_s,
                     .path = nodes_ ? autoscale::StartPath::kNode : autoscale::StartPath::kPod,
                     .replica = Replica(settings_.engine, *ledger_)});
    if (nodes_) {
      nodes_->add(now_s, pods_.back().number);
    }
  }
  remove(now_s, -change);
}

void Fleet::find_room(double now_s) {
  if (!nodes_) {
    return;
  }
  for (const Placed& placed : nodes_->advance(now_s)) {
    const auto pod = std::ranges::find(pods_, placed.replica, &Pod::number);
    pod->ready_s = placed.at_s + pod->start_s;
    pod->path = placed.path;
  }
}

void Fleet::remove(double now_s, int count) {
  for (const bool serving : {false, true}) {
    for (auto pod = pods_.rbegin(); pod != pods_.rend() && count > 0; ++pod) {
      if (pod->serves == serving && !pod->drains) {
        pod->drains = true;
        --count;
      }
    }
  }
  const auto is_gone = [](const Pod& pod) { return pod.drains && pod.replica.outstanding() == 0; };
  for (const Pod& pod : pods_) {
    if (nodes_ && is_gone(pod)) {
      nodes_->remove(now_s, pod.number);
    }
  }
  std::erase_if(pods_, is_gone);
  find_room(now_s);
}

void Fleet::advance(double now_s) {
  bool emptied = false;
  find_room(now_s);
  for (Pod& pod : pods_) {
    pod.replica.advance(now_s);
    emptied = emptied || (pod.drains && pod.replica.outstanding() == 0);
    if (!pod.serves && pod.ready_s <= now_s) {
      pod.serves = true;
      while (!held_.empty()) {
        const Sequence request = held_.front();
        held_.pop_front();
        route(now_s, request);
      }
    }
  }
  if (emptied) {
    remove(now_s, 0);
  }
}

void Fleet::take(double now_s, const Arrival& arrival) {
  advance(now_s);
  route(now_s, {.arrived_s = now_s,
                .input_tokens = arrival.input_tokens,
                .output_tokens = arrival.output_tokens});
}

void Fleet::route(double now_s, const Sequence& request) {
  Pod* least = nullptr;
  std::size_t chosen = 0;
  for (std::size_t i = 0; i < pods_.size(); ++i) {
    const std::size_t index = (turn_ + i) % pods_.size();
    Pod& pod = pods_[index];
    if (pod.serves && !pod.drains &&
        (least == nullptr || pod.replica.outstanding() < least->replica.outstanding())) {
      least = &pod;
      chosen = index;
    }
  }
  if (least == nullptr) {
    held_.push_back(request);
    return;
  }
  turn_ = chosen + 1;
  least->replica.take(now_s, request);
}

autoscale::Time Fleet::time_of(double second) const {
  return settings_.begin + autoscale::milliseconds(std::llround(second * 1e3));
}

autoscale::Sight Fleet::look(double now_s) {
  autoscale::Sight sight{.now = time_of(now_s),
                         .replicas = replicas_,
                         .held_requests = static_cast<int>(held_.size())};
  sight.pods.reserve(pods_.size());
  for (Pod& pod : pods_) {
    if (pod.drains) {
      continue;
    }
    autoscale::PodSight seen{
        .name = std::to_string(pod.number), .created = time_of(pod.created_s), .path = pod.path};
    if (pod.serves) {
      const EngineModel& engine = settings_.engine;
      seen.ready_since = time_of(pod.ready_s);
      seen.limits = {.kv_tokens = engine.kv_tokens,
                     .sequences_max = static_cast<double>(engine.sequences_max),
                     .batched_tokens_max = static_cast<double>(engine.batched_tokens_max)};
      // Of a whole look, also where the engine came later: its sidecar has counted from before.
      // What begins in a pod's first millisecond is no flood.
      seen.signals = pod.replica.report(now_s, looked_s_);
    }
    sight.pods.push_back(std::move(seen));
  }
  looked_s_ = now_s;
  return sight;
}

int Fleet::ready() const {
  return static_cast<int>(
      std::ranges::count_if(pods_, [](const Pod& pod) { return pod.serves && !pod.drains; }));
}

std::int64_t Fleet::waiting() const {
  std::int64_t sum = std::ssize(held_);
  for (const Pod& pod : pods_) {
    sum += pod.replica.waiting();
  }
  return sum;
}

std::int64_t Fleet::outstanding() const {
  std::int64_t sum = std::ssize(held_);
  for (const Pod& pod : pods_) {
    sum += pod.replica.outstanding();
  }
  return sum;
}

}  // namespace penstock::simulate
