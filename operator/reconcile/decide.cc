#include "operator/reconcile/decide.h"

#include <algorithm>
#include <ranges>
#include <set>
#include <utility>

#include "lib/api/selects.h"
#include "lib/json/read.h"
#include "lib/json/write.h"
#include "operator/reconcile/advice.h"
#include "operator/reconcile/autoscaling_note.h"
#include "operator/reconcile/conditions.h"
#include "operator/reconcile/delivery_documents.h"
#include "operator/reconcile/interception.h"
#include "operator/reconcile/pod_census.h"
#include "operator/reconcile/sidecar_container.h"

namespace penstock::reconcile {
namespace {

using enum api::ConditionStatus;

// What status.injection.yields may hold.
constexpr std::size_t kYieldsMax = 64;

api::OptimizationPolicyStatus status_of(const Policy& policy) {
  api::OptimizationPolicyStatus status;
  if (policy.status.is_object()) {
    json::Reader reader(json::Strictness::kTolerant);
    json::read(reader, policy.status, status);
  }
  return status;
}

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
    // Until something better is known.
    plan_.status.hash = before_.hash;
    plan_.status.interception = before_.interception;
    plan_.status.injection = before_.injection;
    judge_policy();
    yield_to_older();
    judge_pods();
    plan_.status.conditions = conditions_.now();
    for (const api::Condition& changed : conditions_.transitions()) {
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
    if (condition.status == kUnknown || condition.type == "ScalingActive") {
      return false;  // the latter is as somebody wants it; a conflict has a condition of its own
    }
    const bool good_when_false = condition.type == "Degraded" ||
                                 condition.type == "CapacityStarved" ||
                                 condition.type == "Conflict";
    return good_when_false == (condition.status == kTrue);
  }

  void judge_policy() {
    if (!policy_.errors.empty()) {
      conditions_.set("Accepted", kFalse, "Invalid", joined(policy_.errors));
      conditions_.set("ResolvedRefs", kUnknown, "Invalid", "the policy itself is not valid");
      degrade("Invalid", "sidecars keep the last good version: " + joined(policy_.errors));
      return;
    }
    conditions_.set("Accepted", kTrue, "Accepted", "the policy is valid");
    const InterceptionFinding interception = choose_interception(world_, settings_);
    // Until it is known where calls go, any port tells whether the documents are good.
    DeliveryResult documents =
        documents_of(world_, interception.choice ? interception.choice->to
                                                 : resolve::PassThrough{.engine_port = 1});
    if (!documents.delivery) {
      conditions_.set("ResolvedRefs", kFalse, "NotResolved", joined(documents.errors));
      degrade("NotResolved", "sidecars keep the last good version: " + joined(documents.errors));
      return;
    }
    conditions_.set("ResolvedRefs", kTrue, "Resolved", "every reference leads somewhere");
    if (!interception.choice) {
      not_injected_ = {interception.reason, interception.message};
      if (plan_.status.injection) {
        degrade(interception.reason, "new pods are made as before: " + interception.message);
      }
      return;
    }
    own_pre_stop_ = interception.choice->engine_has_pre_stop;
    deliver(*interception.choice, std::move(*documents.delivery));
  }

  void deliver(const Interception& interception, Delivery delivery) {
    if (delivery.hash != world_.config_hash) {
      ConfigContent content = content_of(delivery.files);
      if (const std::size_t bytes = size_of(content); bytes > kConfigBytesMax) {
        degrade("TooLarge", "the policy and what it refers to take " + std::to_string(bytes) +
                                " bytes compressed, more than a ConfigMap may hold; split the "
                                "RoutingTable");
        return;
      }
      plan_.config = std::move(content);
    }
    plan_.status.hash = delivery.hash;
    plan_.status.interception = json::name_of(interception.mode);
    plan_.status.injection = injection_of(policy_, interception, delivery, settings_);
    is_good_ = true;
    if (!world_.undelivered.empty()) {
      degrade("NotDelivered", world_.undelivered);
    }
  }

  // Older policies that may select the same pods. Admission sees one policy at a time, so the
  // younger is told whom to leave alone.
  void yield_to_older() {
    const std::optional<api::LabelSelector> own = active_selector(policy_, plan_.status);
    for (const Ptr<Policy>& other : world_.others) {
      const bool older = std::pair(other->meta.created, other->meta.name) <
                         std::pair(policy_.meta.created, policy_.meta.name);
      const std::optional<api::LabelSelector> selector = active_selector(*other, status_of(*other));
      if (!older || !selector || !own || !may_overlap(*selector, *own)) {
        continue;
      }
      older_.push_back(*selector);
      older_names_.push_back(other->meta.name);
    }
    std::vector<api::LabelSelector> yields = distinct(older_);
    if (yields.size() > kYieldsMax) {
      too_many_ = std::to_string(yields.size()) +
                  " older policies may select the same pods, more "
                  "than the " +
                  std::to_string(kYieldsMax) +
                  " that one can yield to, so new pods "
                  "come up without this one's sidecar; delete some of them, or make the selectors "
                  "exclude each other by values of one label";
      degrade("TooManyOverlaps", too_many_);
      // With some of them left out it would take pods that are theirs: it takes none.
      yields = {*own};
    }
    if (plan_.status.injection) {
      plan_.status.injection->yields = std::move(yields);
    }
  }

  static std::vector<api::LabelSelector> distinct(const std::vector<api::LabelSelector>& all) {
    std::vector<api::LabelSelector> result;
    std::set<std::string> seen;
    for (const api::LabelSelector& one : all) {
      if (seen.insert(json::write(one).dump()).second) {
        result.push_back(one);
      }
    }
    return result;
  }

  // What a policy takes: what admission goes by, which may be older than what the policy says now;
  // before there is any, what it says.
  static std::optional<api::LabelSelector> active_selector(
      const Policy& policy, const api::OptimizationPolicyStatus& status) {
    if (status.injection) {
      return status.injection->selector;
    }
    return policy.errors.empty() ? std::optional(policy.parsed.selector) : std::nullopt;
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
    if (is_good_) {
      plan_.tell = census.behind;
      plan_.remind = census.stale;
      // One at a time: the next only once the one before has been replaced and is ready.
      if (restarts() && too_many_.empty() && census.settled && !census.replaceable.empty()) {
        plan_.evict = census.replaceable.front();
      }
    }
    judge_injected(census);
    judge_programmed(census, selector);
    state_autoscaling(world_, before_, conditions_, plan_.status);
    if (!census.taken.empty()) {
      degrade("Conflicted",
              "OptimizationPolicy " + listed(older_names_) +
                  " is older and keeps pods that both select: " + listed(census.taken));
    }
    if (!census.refused.empty()) {
      degrade(refusal(census), "sidecars of release " + census.refused_by +
                                   " keep the last good version: " + listed(census.refused) +
                                   "; their log says why; to bring them to release " +
                                   settings_.version + ": " + what_restarts(census));
    }
    if (!census.unreachable.empty()) {
      degrade("SidecarUnreachable", "no answer from port " + std::to_string(settings_.status_port) +
                                        " of " + listed(census.unreachable) +
                                        what_opens(selector, census));
    }
    if (!census.bypassed.empty()) {
      degrade("TrafficBypassed",
              "Service " + listed(census.bypassed_by) + " leads past the sidecar of " +
                  listed(census.bypassed) +
                  "; use the port's name, or the number that it had, as targetPort");
    }
    if (!census.unproven.empty()) {
      degrade("TrafficUnproven",
              "something else than the sidecar answers on the port of " + listed(census.unproven) +
                  "; nothing else in the pod may listen on it, or rewrite its traffic");
    }
    if (!census.outdated.empty()) {
      degrade("RestartRequired", "pods made with an older injection: " + listed(census.outdated) +
                                     "; " + what_restarts(census));
    }
    if (degraded_.empty()) {
      conditions_.set("Degraded", kFalse, "AsExpected", "");
    } else {
      conditions_.set("Degraded", kTrue, degraded_.front().first,
                      what_else() + degraded_.front().second);
    }
  }

  // The reasons besides the first, whose messages come once that one is gone. Before its message,
  // which may end in something to paste.
  [[nodiscard]] std::string what_else() const {
    std::string text;
    for (const auto& [reason, message] : degraded_ | std::views::drop(1)) {
      text += (text.empty() ? "(also " : ", ") + reason;
    }
    return text.empty() ? text : text + ") ";
  }

  [[nodiscard]] std::string what_opens(const api::LabelSelector& selector,
                                       const PodCensus& census) const {
    return "; where NetworkPolicies isolate them, add this one: " +
           network_policy(policy_.meta, selector, census.data_ports, settings_);
  }

  // Another release than the operator's is taken for the cause.
  [[nodiscard]] std::string refusal(const PodCensus& census) const {
    return census.refused_by == settings_.version ? "SidecarRefused" : "SidecarTooOld";
  }

  [[nodiscard]] bool restarts() const {
    return policy_.parsed.interception.rollout == api::Rollout::kRestart;
  }

  [[nodiscard]] std::string what_restarts(const PodCensus& census) const {
    return restarts() ? replacement_advice(census.restart)
                      : restart_advice(policy_.meta.ns, census.restart);
  }

  void judge_injected(const PodCensus& census) {
    const std::string of = std::to_string(census.counts.injected) + " of " +
                           std::to_string(census.counts.selected) + " pods";
    if (!not_injected_.first.empty() && !plan_.status.injection) {
      const bool nothing_yet = not_injected_.first == "NoWorkload";
      conditions_.set("Injected", nothing_yet ? kUnknown : kFalse, not_injected_.first,
                      not_injected_.second);
    } else if (!plan_.status.injection) {
      conditions_.set("Injected", kFalse, "NotAccepted", "the policy has never been good");
    } else if (!too_many_.empty()) {
      conditions_.set("Injected", kFalse, "TooManyOverlaps",
                      of + " carry the sidecar; " + too_many_);
    } else if (census.counts.selected == 0) {
      conditions_.set("Injected", kUnknown, "NoPods",
                      "new pods with the selected labels will carry the sidecar");
    } else if (census.plain.empty()) {
      conditions_.set(
          "Injected", kTrue, "Injected",
          of + " carry the sidecar" +
              (own_pre_stop_ ? "; the engine keeps its own preStop hook, so it does not "
                               "wait for the streams of a pod that ends"
                             : ""));
    } else {
      conditions_.set("Injected", kFalse, "RestartRequired",
                      of + " carry the sidecar; " + what_restarts(census));
    }
  }

  void judge_programmed(const PodCensus& census, const api::LabelSelector& selector) {
    const std::string of = std::to_string(census.counts.programmed) + " of " +
                           std::to_string(census.counts.injected) + " sidecars run version " +
                           plan_.status.hash.substr(0, 8);
    const bool passes = census.bypassed.empty() && census.unproven.empty();
    if (census.counts.injected == 0) {
      conditions_.set("Programmed", kUnknown, "NoSidecars", "no pod carries the sidecar");
    } else if (!passes) {
      conditions_.set("Programmed", kFalse,
                      census.bypassed.empty() ? "TrafficUnproven" : "TrafficBypassed",
                      of + "; traffic was seen to pass " + std::to_string(census.counts.proven));
    } else if (census.counts.programmed == census.counts.injected && !census.silent.empty()) {
      conditions_.set("Programmed", kUnknown, "TrafficUnproven",
                      of + "; whether traffic passes them is not known of " +
                          listed(census.silent) + ", whose port did not answer the operator" +
                          what_opens(selector, census));
    } else if (census.counts.programmed == census.counts.injected) {
      conditions_.set("Programmed", kTrue, "Programmed",
                      of + (census.can_be_asked || census.data_ports.empty()
                                ? ""
                                : "; their ports want certificates of clients, so whether traffic "
                                  "passes them was not asked"));
    } else {
      const std::string reason = !census.refused.empty()       ? refusal(census)
                                 : !census.unreachable.empty() ? "SidecarUnreachable"
                                                               : "Waiting";
      conditions_.set("Programmed", kFalse, reason, of);
    }
  }

  void degrade(std::string reason, std::string message) {
    degraded_.emplace_back(std::move(reason), std::move(message));
  }

  const World& world_;
  const Settings& settings_;
  const Policy& policy_;
  const api::OptimizationPolicyStatus before_;
  Conditions conditions_;
  Plan plan_;
  std::pair<std::string, std::string> not_injected_;  // reason, message
  bool own_pre_stop_ = false;
  bool is_good_ = false;  // what sidecars should run is known, and stands in the ConfigMap or will
  std::vector<api::LabelSelector> older_;
  std::vector<std::string> older_names_;
  std::string too_many_;  // older ones, and what to do; empty: they are not
  std::vector<std::pair<std::string, std::string>> degraded_;  // the first is shown
};

}  // namespace

Plan decide(const World& world, const Settings& settings) {
  return Decision(world, settings).run();
}

}  // namespace penstock::reconcile
