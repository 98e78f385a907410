#include "operator/reconcile/decide.h"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <set>
#include <utility>

#include "lib/json/write.h"
#include "operator/reconcile/advice.h"
#include "operator/reconcile/autoscaling_note.h"
#include "operator/reconcile/conditions.h"
#include "operator/reconcile/delivery_documents.h"
#include "operator/reconcile/interception.h"
#include "operator/reconcile/older_policies.h"
#include "operator/reconcile/pod_census.h"
#include "operator/reconcile/pod_findings.h"
#include "operator/reconcile/pods_interception.h"
#include "operator/reconcile/replacement.h"
#include "operator/reconcile/sidecar_container.h"
#include "operator/reconcile/status_of.h"

namespace penstock::reconcile {
namespace {

using enum api::ConditionStatus;

class Decision {
 public:
  Decision(const World& world, const Settings& settings)
      : world_(world),
        settings_(settings),
        policy_(*world.policy),
        before_(status_of(policy_)),
        conditions_(before_.conditions, policy_.meta.generation, world.now) {}

  Plan run() {
    plan_.status.observed_generation = policy_.meta.generation;
    // Until something better is known. A status may lag behind the ConfigMap, which is written
    // first.
    plan_.status.hash = !world_.config_hash.empty()        ? world_.config_hash
                        : world_.last_delivered != nullptr ? world_.last_delivered->hash
                                                           : before_.hash;
    plan_.status.interception = before_.interception;
    plan_.status.injection = before_.injection;
    leave_excluded();
    judge_policy();
    if (!is_good_) {
      keep_last_good();
    }
    yield_to_older();
    judge_pods();
    plan_.status.conditions = conditions_.now();
    for (const api::Condition& changed : conditions_.transitions()) {
      if (is_told_by_autoscaler(changed.type)) {
        continue;
      }
      const bool bad = is_bad(changed);
      // That a new policy is as it should be is no news.
      if (bad || !before_.conditions.empty()) {
        plan_.events.push_back(
            {.warning = bad, .reason = changed.type + changed.reason, .message = changed.message});
      }
    }
    return std::move(plan_);
  }

 private:
  static bool is_bad(const api::Condition& condition) {
    const bool good_when_false = condition.type == "Degraded";
    return condition.status != kUnknown && good_when_false == (condition.status == kTrue);
  }

  void leave_excluded() {
    const auto& excluded = settings_.excluded_namespaces;
    if (std::ranges::find(excluded, policy_.meta.ns) != excluded.end()) {
      not_injected_ = {"NamespaceExcluded",
                       "pods of namespace " + policy_.meta.ns +
                           " are never touched (admission.excludedNamespaces of the chart, the "
                           "operator's own namespace and Kubernetes')"};
      plan_.status.injection.reset();
    }
  }

  void judge_policy() {
    if (!policy_.errors.empty()) {
      conditions_.set("Accepted", kFalse, "Invalid", joined(policy_.errors));
      conditions_.set("ResolvedRefs", kUnknown, "Invalid", "the policy itself is not valid");
      degrade({"Invalid", "sidecars keep the last good version: " + joined(policy_.errors)});
      return;
    }
    conditions_.set("Accepted", kTrue, "Accepted", "the policy is valid");
    const InterceptionFinding interception = choose_interception(world_, settings_);
    DeliveryResult documents = documents_of(world_, callers_of(interception));
    if (!documents.delivery) {
      conditions_.set("ResolvedRefs", kFalse, "NotResolved", joined(documents.errors));
      degrade({"NotResolved", "sidecars keep the last good version: " + joined(documents.errors)});
      return;
    }
    conditions_.set("ResolvedRefs", kTrue, "Resolved", resolved(documents.delivery->secrets));
    if (deliver(*documents.delivery)) {
      inject(interception, *documents.delivery);
      plan_.documents = std::move(documents.delivery->files);
    }
  }

  // Without its ConfigMap the last good version would end at the sidecars as if it were deleted.
  void keep_last_good() {
    if (!world_.config_lost || plan_.status.hash.empty()) {
      return;
    }
    const Ptr<DeliveredConfig>& last = world_.last_delivered;
    if (last == nullptr) {
      // What could not be written was not lost.
      const auto undelivered = [](const api::Condition& condition) {
        return condition.type == "Degraded" && condition.reason == "NotDelivered";
      };
      if (std::ranges::none_of(before_.conditions, undelivered)) {
        degraded_.insert(degraded_.begin(), config_map_lost(policy_.meta));
      }
      return;
    }
    plan_.config = last->content;
    if (!world_.undelivered.empty()) {
      degraded_.insert(degraded_.begin(), {"NotDelivered", world_.undelivered});
    }
  }

  // The operator has no right to read Secrets.
  static std::string resolved(const std::set<std::pair<std::string, std::string>>& secrets) {
    std::vector<std::string> keys;
    for (const auto& [secret, key] : secrets) {
      keys.push_back(secret + "/" + key);
    }
    return std::string("every reference leads somewhere") +
           (keys.empty() ? ""
                         : "; these keys of Secrets, which the operator may not read, were not "
                           "looked for: " +
                               listed(keys));
  }

  // Whether it can be.
  bool deliver(const Delivery& delivery) {
    if (delivery.hash != world_.config_hash) {
      ConfigContent content = content_of(delivery.files);
      if (const std::size_t bytes = size_of(content); bytes > kConfigBytesMax) {
        degrade({"TooLarge", "the policy and what it refers to take " + std::to_string(bytes) +
                                 " bytes compressed, more than a ConfigMap may hold; split the "
                                 "RoutingTable"});
        return false;
      }
      content.listener = listener_kind(policy_.parsed.listener);
      plan_.config = std::move(content);
    }
    plan_.status.hash = delivery.hash;
    is_good_ = true;
    if (!world_.undelivered.empty()) {
      degrade({"NotDelivered", world_.undelivered});
    }
    return true;
  }

  // Where nothing tells how new pods are to be made, they are made as before.
  [[nodiscard]] Callers callers_of(const InterceptionFinding& interception) const {
    if (interception.choice) {
      return interception.choice->to.providers ? Callers::kOwnPod : Callers::kAnyone;
    }
    using enum api::InterceptionMode;
    const api::InterceptionMode wanted = policy_.parsed.interception.mode;
    const bool were_clients = before_.interception == json::name_of(kEnvironment);
    if (wanted == kEnvironment || (wanted == kAuto && were_clients)) {
      return Callers::kOwnPod;
    }
    return wanted == kAuto ? Callers::kNotKnown : Callers::kAnyone;
  }

  // Running pods have what is delivered, whatever new ones are made with.
  void inject(const InterceptionFinding& interception, const Delivery& delivery) {
    if (!not_injected_.reason.empty()) {
      return;
    }
    if (!interception.choice) {
      not_injected_ = {interception.reason, interception.message};
      if (would_break(interception.reason)) {
        plan_.status.injection.reset();
      }
      if (plan_.status.injection) {
        degrade({interception.reason, "new pods are made as before: " + interception.message});
      }
      return;
    }
    own_pre_stop_ = interception.choice->engine_has_pre_stop;
    plan_.status.interception = json::name_of(interception.choice->mode);
    plan_.status.injection = injection_of(policy_, *interception.choice, delivery, settings_);
  }

  // Admission goes by the injection, and asks no pod what it has become. Any other reason says that
  // none can be chosen, and not that the one there is does not fit those that have it.
  [[nodiscard]] bool would_break(const std::string& reason) const {
    return reason == kEngineTls || reason == kEngineAddress ||
           (reason == kPodSecurity &&
            before_.interception == json::name_of(api::InterceptionMode::kRedirect));
  }

  void yield_to_older() {
    if (const auto own = active_selector(policy_, plan_.status)) {
      older_ = older_policies(world_, *own);
    }
    if (!older_.too_many.empty()) {
      degrade({kTooManyOverlaps, older_.too_many});
    }
    if (plan_.status.injection) {
      plan_.status.injection->yields = older_.yields;
    }
  }

  void judge_pods() {
    const auto& injection = plan_.status.injection;
    const api::LabelSelector selector = injection ? injection->selector : policy_.parsed.selector;
    // A policy that was never good selects nothing yet.
    const PodCensus census = injection || policy_.errors.empty()
                                 ? count_pods(world_, selector, older_, plan_.status.hash,
                                              injection ? injection->hash : std::string())
                                 : PodCensus{};
    plan_.status.pods = census.counts;
    plan_.judge_later = census.judged_later;
    if (is_delivered()) {
      plan_.tell = census.behind;
      plan_.remind = census.stale;
    }
    Replacement replacement =
        replacement_of(world_, census, is_in_force() ? injection->hash : std::string());
    plan_.evict = std::move(replacement.candidates);
    const PodFindings findings(policy_, settings_, selector, census, replacement.awaited);
    judge_injected(findings);
    findings.state_programmed(plan_.status.hash, conditions_);
    state_autoscaling(world_, before_, conditions_, plan_.status);
    if (!census.taken.empty()) {
      degrade(conflict(census));
    }
    std::ranges::copy(findings.problems(), std::back_inserter(degraded_));
    if (!world_.untold.empty()) {
      degrade({"NotTold", world_.untold});
    }
    if (degraded_.empty()) {
      conditions_.set("Degraded", kFalse, "AsExpected", "");
    } else {
      conditions_.set("Degraded", kTrue, degraded_.front().reason,
                      what_else() + degraded_.front().message);
    }
  }

  // Whether what sidecars are to run stands in the ConfigMap or will.
  [[nodiscard]] bool is_delivered() const {
    const std::string& hash = plan_.status.hash;
    return is_good_ || plan_.config || (!hash.empty() && hash == world_.config_hash);
  }

  // Whether a new pod comes up as the policy wants it: admission goes by the status that is there.
  [[nodiscard]] bool is_in_force() const {
    const auto& is = before_.injection;
    const auto& wanted = plan_.status.injection;
    return is_good_ && not_injected_.reason.empty() && older_.too_many.empty() && is && wanted &&
           json::write(*is) == json::write(*wanted);
  }

  // The reasons besides the first, whose messages come once that one is gone. Before its message,
  // which may end in something to paste.
  [[nodiscard]] std::string what_else() const {
    std::string text;
    for (const Problem& other : degraded_ | std::views::drop(1)) {
      text += (text.empty() ? "(also " : ", ") + other.reason;
    }
    return text.empty() ? text : text + ") ";
  }

  void judge_injected(const PodFindings& findings) {
    if (!plan_.status.injection && !not_injected_.reason.empty()) {
      const bool nothing_yet = not_injected_.reason == "NoWorkload";
      conditions_.set("Injected", nothing_yet ? kUnknown : kFalse, not_injected_.reason,
                      not_injected_.message);
    } else if (!plan_.status.injection) {
      conditions_.set("Injected", kFalse, "NotAccepted",
                      plan_.status.hash.empty() ? "the policy has never been good"
                                                : "nothing is injected, and the policy has errors");
    } else if (!older_.too_many.empty()) {
      conditions_.set("Injected", kFalse, kTooManyOverlaps,
                      findings.carriers() + "; " + older_.too_many);
    } else {
      findings.state_injected(own_pre_stop_, conditions_);
    }
  }

  void degrade(Problem problem) { degraded_.push_back(std::move(problem)); }

  const World& world_;
  const Settings& settings_;
  const Policy& policy_;
  const api::OptimizationPolicyStatus before_;
  Conditions conditions_;
  Plan plan_;
  Problem not_injected_;  // empty: it is
  bool own_pre_stop_ = false;
  bool is_good_ = false;  // what the policy says now can be delivered
  OlderPolicies older_;
  std::vector<Problem> degraded_;  // the first is shown
};

}  // namespace

Plan decide(const World& world, const Settings& settings) {
  return Decision(world, settings).run();
}

}  // namespace penstock::reconcile
