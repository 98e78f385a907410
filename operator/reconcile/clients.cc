#include "operator/reconcile/clients.h"

#include <algorithm>
#include <array>
#include <ranges>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/api/proxy_variables.h"
#include "lib/api/url.h"

namespace penstock::reconcile {
namespace {

// As the SDKs document them: the variable, and the base URL that stands for its absence.
struct KnownVariable {
  std::string_view name;
  std::string_view base_url;
  std::string api::ProvidersSpec::* provider;
  bool only_if_set;  // an older name for the same
};

constexpr const char* kOpenAi = "https://api.openai.com/v1";

constexpr std::array<KnownVariable, 3> kVariables = {{
    {"OPENAI_BASE_URL", kOpenAi, &api::ProvidersSpec::openai, false},
    {"OPENAI_API_BASE", kOpenAi, &api::ProvidersSpec::openai, true},
    {"ANTHROPIC_BASE_URL", "https://api.anthropic.com", &api::ProvidersSpec::anthropic, false},
}};

constexpr std::array<std::string_view, 2> kCredentials = {"OPENAI_API_KEY", "ANTHROPIC_API_KEY"};

ClientFinding refused(std::string reason, std::string problem) {
  return {std::nullopt, std::move(reason), std::move(problem)};
}

// "https://host:port", as a backend's URL.
std::string origin_of(const api::Url& url) {
  const std::string host = url.host.contains(':') ? "[" + url.host + "]" : url.host;
  return (url.https ? "https://" : "http://") + host + ":" + std::to_string(url.port);
}

class Reading {
 public:
  Reading(const PodTemplate& pods, const api::EnvironmentSpec& spec, std::uint16_t port)
      : containers_(all_of(pods)), spec_(spec), port_(port) {
    shape_.environment.override_all = spec.override_all;
  }

  ClientFinding run() {
    for (const Container& container : containers_) {
      if (takes_proxy(container)) {
        return refused(
            "Proxied",
            "container " + container.name +
                " takes a proxy (HTTP_PROXY, HTTPS_PROXY or ALL_PROXY), which a sidecar does not; "
                "where its model APIs are reached without one, add 127.0.0.1 to its NO_PROXY and "
                "set spec.interception.environment.override");
      }
      if (container.has_env_from && !spec_.override_all) {
        return refused("EnvFrom",
                       "container " + container.name +
                           " takes variables from envFrom, which may name its model API; set "
                           "spec.interception.environment.override to set them whatever it says");
      }
    }
    for (const KnownVariable& variable : kVariables) {
      if (ClientFinding finding = read(variable); !finding.reason.empty()) {
        return finding;
      }
    }
    return {std::move(shape_), "", ""};
  }

 private:
  static std::vector<Container> all_of(const PodTemplate& pods) {
    std::vector<Container> result = pods.containers;
    result.insert(result.end(), pods.init_containers.begin(), pods.init_containers.end());
    return result;
  }

  [[nodiscard]] bool takes_proxy(const Container& container) const {
    const bool proxied = std::ranges::any_of(container.env, [](const EnvVar& variable) {
      return api::names_proxy(variable.name) &&
             (variable.from_elsewhere || !variable.value.empty());
    });
    const bool exempt = std::ranges::any_of(container.env, [](const EnvVar& variable) {
      return api::exempts_loopback(variable.name, variable.value);
    });
    return proxied && !(exempt && spec_.override_all);
  }

  // A reason: the variable cannot be read with certainty.
  ClientFinding read(const KnownVariable& variable) {
    std::set<std::string> values;
    for (const Container& container : containers_) {
      // Of two of the same name the kubelet takes the last.
      const auto found =
          std::ranges::find(std::views::reverse(container.env), variable.name, &EnvVar::name);
      if (found == container.env.rend() || (found->from_elsewhere && spec_.override_all)) {
        continue;
      }
      if (found->from_elsewhere) {
        return refused("EnvironmentUnread",
                       std::string(variable.name) + " of container " + container.name +
                           " comes from elsewhere (valueFrom); write its value, or set "
                           "spec.interception.environment.override");
      }
      values.insert(found->value);
    }
    if (values.size() > 1) {
      return refused("SeveralShapes", std::string(variable.name) +
                                          " differs between the pod's containers; all calls of a "
                                          "pod go to one place");
    }
    if (values.empty() && variable.only_if_set) {
      return {};
    }
    return take(variable, values.empty() ? std::string() : *values.begin());
  }

  ClientFinding take(const KnownVariable& variable, const std::string& from) {
    const Result<api::Url> url = api::parse_url(from.empty() ? variable.base_url : from);
    if (!url) {
      return refused("EnvironmentUnread", std::string(variable.name) + " " + url.error().detail);
    }
    std::string& provider = shape_.providers.*variable.provider;
    const std::string base = origin_of(*url) + url->base_path;
    if (!provider.empty() && provider != base) {
      return refused("SeveralShapes",
                     std::string(variable.name) + " and its other name lead to different places");
    }
    provider = base;
    shape_.environment.variables.push_back(
        {.name = std::string(variable.name),
         .from = from,
         .to = "http://127.0.0.1:" + std::to_string(port_) + url->base_path});
    return {};
  }

  const std::vector<Container> containers_;
  const api::EnvironmentSpec& spec_;
  const std::uint16_t port_;
  ClientShape shape_;
};

}  // namespace

bool looks_like_client(const PodTemplate& pods) {
  return std::ranges::any_of(pods.containers, [](const Container& container) {
    return std::ranges::any_of(container.env, [](const EnvVar& variable) {
      return std::ranges::find(kVariables, variable.name, &KnownVariable::name) !=
                 kVariables.end() ||
             std::ranges::find(kCredentials, variable.name) != kCredentials.end();
    });
  });
}

ClientFinding read_client(const PodTemplate& pods, const api::EnvironmentSpec& spec,
                          std::uint16_t port) {
  return Reading(pods, spec, port).run();
}

}  // namespace penstock::reconcile
