#include "operator/autoscale/starts.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>

#include "operator/autoscale/inputs.h"

namespace penstock::autoscale {

void Starts::look(const Sight& sight, LeadTimes& lead_times) {
  began_ = began_.value_or(sight.now);
  look_at_pods(sight, lead_times);
  count_asked(sight);
  list_starting(sight);
}

void Starts::set_back(Time now) {
  began_ = began_ ? std::min(*began_, now) : began_;
  for (TimedCount& asked : asked_) {
    asked.at_ms = std::min(asked.at_ms, ms_of(now));
  }
  for (auto& [name, pod] : pods_) {
    pod.first_seen = std::min(pod.first_seen, now);
  }
}

// A pod that serves at the first look says nothing of how long it took, nor does one that is ready
// again after an hour.
void Starts::look_at_pods(const Sight& sight, LeadTimes& lead_times) {
  std::map<std::string, Pod> now;
  for (const PodSight& seen : sight.pods) {
    Pod pod{.created = seen.created,
            .first_seen = sight.now,
            .young = seen.created >= *began_ || sight.now - seen.created <= kYoung};
    const auto known = pods_.find(seen.name);
    const bool is_known = known != pods_.end() && known->second.created == seen.created;
    if (is_known) {
      pod = known->second;
    }
    if (seen.serves() && is_known && pod.young && !pod.served) {
      lead_times.record(seen.path, *seen.ready_since - seen.created);
    }
    pod.served = pod.served || seen.serves();
    now.emplace_hint(now.end(), seen.name, pod);
  }
  pods_ = std::move(now);
}

// What a quota or an admission refuses has no pod. Where fewer are missing than before, those asked
// for last are there: a pod that is evicted and made again is no start of the others.
void Starts::count_asked(const Sight& sight) {
  const int pods = std::max(sight.present, static_cast<int>(std::ssize(sight.pods)));
  int change = std::max(0, sight.replicas - pods);
  for (const TimedCount& asked : asked_) {
    change -= asked.replicas;
  }
  if (change > 0 && asked_.size() == kAskedMax) {
    asked_.back().replicas += change;
  } else if (change > 0) {
    asked_.push_back({ms_of(sight.now), change});
  }
  while (change < 0) {
    const int gone = std::min(-change, asked_.back().replicas);
    asked_.back().replicas -= gone;
    change += gone;
    if (asked_.back().replicas == 0) {
      asked_.pop_back();
    }
  }
}

void Starts::list_starting(const Sight& sight) {
  std::map<std::int64_t, int> counts;
  for (const PodSight& pod : sight.pods) {
    const Pod& known = pods_.at(pod.name);
    if (!pod.serves() && !known.served) {
      ++counts[ms_of(known.young ? pod.created : known.first_seen)];
    }
  }
  for (const TimedCount& asked : asked_) {
    counts[asked.at_ms] += asked.replicas;
  }
  starting_.clear();
  for (const auto& [at_ms, count] : counts) {
    if (starting_.size() < kStartingMax) {
      starting_.push_back({at_ms, count});
    }
  }
}

}  // namespace penstock::autoscale
