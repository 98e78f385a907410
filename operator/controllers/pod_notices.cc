#include "operator/controllers/pod_notices.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "lib/api/pod_annotations.h"
#include "operator/kube/resource_type.h"
#include "operator/kube/timestamp.h"

namespace penstock::controllers {
namespace {

// What went wrong is not of this pod alone: the others would fare no better.
bool concerns_all(const kube::ApiError& error) {
  return error.status == 0 || error.busy();
}

// Those of `some` behind the others, in the order that they have.
template <typename Some>
void move_back(std::vector<std::string>& pods, const Some& some) {
  const auto is_some = [&some](const std::string& pod) { return some.contains(pod); };
  std::vector<std::string> last;
  std::ranges::copy_if(pods, std::back_inserter(last), is_some);
  std::erase_if(pods, is_some);
  std::ranges::move(last, std::back_inserter(pods));
}

}  // namespace

using kube::ApiResult;

bool is_to_be_told_of_the_end(const reconcile::Pod& pod) {
  return pod.has_sidecar && !pod.delivered.empty() && !pod.finished && !pod.meta.deleting;
}

PodNotices::Told PodNotices::tell(const kube::ObjectMeta& policy, std::vector<std::string> pods,
                                  const std::string& hash) {
  Round round{.refused = take_refused(policy.key(), pods)};
  put_last(policy.key(), pods);
  move_back(pods, round.refused);
  for (const std::string& pod : pods) {
    if (!round.ended && !waits(pod, round)) {
      tell_one(policy.ns, pod, hash, round);
    }
  }
  for (const auto& [pod, refusal] : round.refused) {
    round.told.refused.push_back(pod);
    round.told.why = round.told.why.empty() ? refusal.why : round.told.why;
  }
  Told told = round.told;
  remember(policy.key(), std::move(round));
  return told;
}

void PodNotices::tell_one(const std::string& ns, const std::string& pod, const std::string& hash,
                          Round& round) {
  const ApiResult<void> annotated = annotate(ns, pod, api::pod_annotation::kDelivered, hash);
  if (annotated) {
    round.refused.erase(pod);
    return;
  }
  const kube::ApiError& error = annotated.error();
  if (error.refused()) {
    Refusal& refusal = round.refused[pod];
    refusal.why = error.message;
    refusal.pause.wait(clock_.now());  // begins, where it has not
    waits(pod, round);
  } else {
    round.told.error = round.told.error.value_or(error);
    round.failed.push_back(pod);
  }
  round.ended = concerns_all(error) || ++round.failures == kFailuresMost;
  if (round.ended) {
    round.told.again_in = GrowingPause::kFirst;
  }
}

// Whether it was refused so lately that it is not tried now.
bool PodNotices::waits(const std::string& pod, Round& round) const {
  const auto found = round.refused.find(pod);
  if (found == round.refused.end()) {
    return false;
  }
  const auto rest = found->second.pause.wait(clock_.now());
  if (rest == GrowingPause::kNow) {
    return false;
  }
  round.told.again_in = std::min(round.told.again_in.value_or(rest), rest);
  return true;
}

// What is known of those that are still to be told.
PodNotices::Refusals PodNotices::take_refused(const std::string& policy,
                                              const std::vector<std::string>& pods) {
  const sync::MutexLock lock(mutex_);
  Refusals known = std::move(refused_[policy]);
  refused_.erase(policy);
  Refusals kept;
  for (const std::string& pod : pods) {
    if (auto found = known.extract(pod)) {
      kept.insert(std::move(found));
    }
  }
  return kept;
}

void PodNotices::put_last(const std::string& policy, std::vector<std::string>& pods) {
  const sync::MutexLock lock(mutex_);
  if (const auto found = failed_.find(policy); found != failed_.end()) {
    move_back(pods, found->second);
  }
}

void PodNotices::remember(const std::string& policy, Round round) {
  const sync::MutexLock lock(mutex_);
  if (round.failed.empty()) {
    failed_.erase(policy);
  } else {
    failed_[policy] = {round.failed.begin(), round.failed.end()};
  }
  if (!round.refused.empty()) {
    refused_[policy] = std::move(round.refused);
  }
}

void PodNotices::forget(const std::string& policy) {
  const sync::MutexLock lock(mutex_);
  failed_.erase(policy);
  refused_.erase(policy);
}

ApiResult<void> PodNotices::remind(const std::string& ns, const std::vector<std::string>& pods,
                                   const std::string& hash) {
  ApiResult<void> all;
  for (const std::string& pod : pods) {
    if (!is_due(ns + "/" + pod, hash)) {
      continue;
    }
    if (ApiResult<void> told = remind_now(ns, pod); !told && !told.error().refused()) {
      const bool ends = concerns_all(told.error());
      if (all) {
        all = std::move(told);
      }
      if (ends) {
        break;
      }
    }
  }
  return all;
}

ApiResult<bool> PodNotices::tell_of_the_end(const std::string& ns, const std::string& policy) {
  bool any = false;
  std::optional<kube::ApiError> error;
  for (const reconcile::Ptr<reconcile::Pod>& pod : stores_.pods.list(ns)) {
    if (pod->injected_by != policy) {
      continue;
    }
    const bool first = is_to_be_told_of_the_end(*pod);
    const bool again = is_due(pod->meta.key(), "") && !first;
    const ApiResult<void> told =
        first   ? annotate(ns, pod->meta.name, api::pod_annotation::kDelivered, "")
        : again ? remind_now(ns, pod->meta.name)
                : ApiResult<void>{};
    any = any || (first && told);
    if (!told && !told.error().refused()) {
      error = error.value_or(told.error());
      if (concerns_all(told.error())) {
        break;
      }
    }
  }
  return error ? ApiResult<bool>(std::unexpected(*error)) : ApiResult<bool>(any);
}

// Through the status: that right changes annotations, but no pod's containers.
ApiResult<void> PodNotices::annotate(const std::string& ns, const std::string& pod,
                                     const std::string& name, const std::string& value) {
  const auto written = client_.merge(kube::kPods.object(ns, pod, "status"),
                                     {{"metadata", {{"annotations", {{name, value}}}}}});
  if (!written && !written.error().not_found()) {
    return std::unexpected(written.error());
  }
  return {};
}

bool PodNotices::is_due(const std::string& pod, const std::string& hash) {
  const sync::MutexLock lock(mutex_);
  return reminders_.is_due(pod, hash, clock_.now());
}

ApiResult<void> PodNotices::remind_now(const std::string& ns, const std::string& pod) {
  return annotate(ns, pod, api::pod_annotation::kReminded,
                  kube::timestamp_micros(clock_.wall_now()));
}

}  // namespace penstock::controllers
