#include "operator/reconcile/advice.h"

#include <algorithm>

#include "lib/json/write.h"

namespace penstock::reconcile {
namespace {

// Few enough for a message, many enough that most need one command.
constexpr std::size_t kNamedMost = 16;

// "kubectl -n ns VERB a b", and what comes after it where there are more.
std::string command(const std::string& ns, const char* verb,
                    const std::vector<std::string>& names) {
  std::string text = "kubectl -n " + ns + " " + verb;
  const std::size_t named = std::min(names.size(), kNamedMost);
  for (std::size_t i = 0; i < named; ++i) {
    text += " " + names[i];
  }
  if (named < names.size()) {
    text += "; " + std::to_string(names.size() - named) + " more are named here after that";
  }
  return text;
}

void add(std::string& text, const std::string& more) {
  text += (text.empty() ? "" : "; ") + more;
}

void add_by_hand(std::string& text, const RestartNeeds& needs) {
  if (!needs.by_hand.empty()) {
    add(text, "delete " + listed(needs.by_hand) + " and make anew, which nothing else does");
  }
}

}  // namespace

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 5;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  return names.size() <= kShown ? text
                                : text + " and " + std::to_string(names.size() - kShown) + " more";
}

std::string restart_advice(const std::string& ns, const RestartNeeds& needs) {
  std::string text;
  if (!needs.rollouts.empty()) {
    add(text, command(ns, "rollout restart", needs.rollouts));
  }
  if (!needs.pods.empty()) {
    add(text, command(ns, "delete pod", needs.pods));
  }
  add_by_hand(text, needs);
  return text;
}

std::string replacement_advice(const RestartNeeds& needs, const std::string& awaited) {
  std::string text;
  if (!needs.rollouts.empty() || !needs.pods.empty()) {
    add(text,
        "they are replaced one at a time" + (awaited.empty() ? "" : ", the next once " + awaited));
  }
  add_by_hand(text, needs);
  return text;
}

RestartNeeds both(RestartNeeds needs, const RestartNeeds& more) {
  const auto append = [](std::vector<std::string>& to, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      if (std::ranges::find(to, name) == to.end()) {
        to.push_back(name);
      }
    }
  };
  append(needs.rollouts, more.rollouts);
  append(needs.pods, more.pods);
  append(needs.by_hand, more.by_hand);
  return needs;
}

std::string joined_advice(std::string text, const std::string& more) {
  if (!more.empty()) {
    add(text, more);
  }
  return text;
}

std::string failing_advice(const std::string& ns, const std::vector<std::string>& failing) {
  const std::string& first = failing.front();
  return "the sidecar does not start, nor the pod without it: " + listed(failing) +
         "; where it is killed for its memory, or its image is not found, see the values " +
         "sidecar.resources and image.sidecar of the chart; more says: kubectl -n " + ns +
         " describe pod " + first.substr(0, first.find(' '));
}

std::string network_policy(const kube::ObjectMeta& policy, const api::LabelSelector& selector,
                           const std::vector<std::int64_t>& status_ports,
                           const std::vector<std::int64_t>& data_ports, const Settings& settings) {
  using json::Value;
  const Value from = {
      {"namespaceSelector", {{"matchLabels", {{"kubernetes.io/metadata.name", settings.ns}}}}}};
  Value ports = Value::array();
  for (const auto* some : {&status_ports, &data_ports}) {
    for (const std::int64_t port : *some) {
      ports.push_back({{"port", port}});
    }
  }
  const Value ingress = {{"from", Value::array({from})}, {"ports", std::move(ports)}};
  const Value whole = {
      {"apiVersion", "networking.k8s.io/v1"},
      {"kind", "NetworkPolicy"},
      {"metadata", {{"name", "penstock-" + policy.name}, {"namespace", policy.ns}}},
      {"spec",
       {{"podSelector", json::write(selector)},
        {"policyTypes", Value::array({"Ingress"})},
        {"ingress", Value::array({ingress})}}}};
  return whole.dump();
}

}  // namespace penstock::reconcile
