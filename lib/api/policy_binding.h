#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "lib/api/formats.h"
#include "lib/json/field.h"

namespace penstock::api {

// The level of this build. It rises when a field that older sidecars know changes its meaning;
// new fields alone do not raise it, `requires` names those.
inline constexpr std::int64_t kApiLevel = 1;

// In a pod of clients: the base URLs that their calls were meant for. Calls come with the whole
// path.
struct ProvidersSpec {
  std::string openai;
  std::string anthropic;

  bool operator==(const ProvidersSpec&) const = default;

  static constexpr auto fields() {
    using T = ProvidersSpec;
    return std::tuple{json::Field{"openAI",
                                  &T::openai,
                                  {.about = "Calls of OpenAI clients.",
                                   .required = true,
                                   .length_max = 2'048,
                                   .format = &kUrl}},
                      json::Field{"anthropic",
                                  &T::anthropic,
                                  {.about = "Calls of Anthropic clients.",
                                   .required = true,
                                   .length_max = 2'048,
                                   .format = &kUrl}}};
  }
};

// Where calls of a pod go that no table routes: to the engine beside, or in a client's pod to the
// providers.
struct PassThrough {
  std::optional<std::uint16_t> engine_port;
  std::optional<ProvidersSpec> providers;
  bool operator==(const PassThrough&) const = default;
};

// What the operator adds to the user's documents. Not a CRD. It is the same for all pods of the
// policy, so where an engine or provider is stands in it for sidecars of earlier releases only,
// which go by it and not by their flags.
struct PolicyBindingSpec {
  std::int64_t api_level = kApiLevel;
  std::vector<std::string> required_features;  // see lib/api/features.h
  std::string policy;                          // "namespace/name"
  std::optional<std::uint16_t> engine_port;
  std::optional<ProvidersSpec> providers;
  std::optional<std::string> secrets_path;
  std::optional<std::string> hash;

  static constexpr auto fields() {
    using T = PolicyBindingSpec;
    return std::tuple{
        json::Field{"apiLevel",
                    &T::api_level,
                    {.about = "The level that the documents need.",
                     .required = true,
                     .min = 1,
                     .max = 1'000'000}},
        json::Field{"requires",
                    &T::required_features,
                    {.about = "Fields and choices that must not be ignored, such as "
                              "OptimizationPolicy.spec.caching.",
                     .items_max = 256}},
        json::Field{"policy",
                    &T::policy,
                    {.about = "The policy to run.",
                     .required = true,
                     .length_max = 317,
                     .format = &kObjectName}},
        json::Field{"enginePort",
                    &T::engine_port,
                    {.about = "Where the engine in the same pod listens, to a sidecar that has no "
                              "--engine-port.",
                     .min = 1,
                     .max = 65'535}},
        json::Field{
            "providers",
            &T::providers,
            {.about = "Where the calls of a client's pod go, where neither a table nor a flag "
                      "says."}},
        json::Field{"secretsPath",
                    &T::secrets_path,
                    {.about = "Where Secrets are mounted, as <name>/<key>.", .length_max = 4'096}},
        json::Field{"hash",
                    &T::hash,
                    {.about = "What resolving the documents must give.",
                     .length_max = 64,
                     .format = &kHex}}};
  }
};

}  // namespace penstock::api
