#pragma once

#include <cstdint>
#include <string>
#include <tuple>

#include "lib/json/field.h"

// Parts of status.injection: what becomes of an engine's port and of what points to it.
namespace penstock::api {

// How an engine's port moves; the rewriting itself is the admission policy's.
struct PortSwapStatus {
  std::string container;
  std::uint16_t from = 0;
  std::uint16_t to = 0;
  std::uint16_t bind = 0;
  std::string flag;
  std::string flag_alias;
  std::string env;
  std::string env_host;

  bool operator==(const PortSwapStatus&) const = default;

  static constexpr auto fields() {
    using T = PortSwapStatus;
    return std::tuple{
        json::Field{"container",
                    &T::container,
                    {.about = "The engine's container; empty: the one that declares `from`, or the "
                              "only one.",
                     .required = true,
                     .length_min = 0,
                     .length_max = 63}},
        json::Field{
            "from",
            &T::from,
            {.about = "The engine's port as written.", .required = true, .min = 1, .max = 65'535}},
        json::Field{"to",
                    &T::to,
                    {.about = "Where the engine listens instead; `from` where only the name moves.",
                     .required = true,
                     .min = 1,
                     .max = 65'535}},
        json::Field{
            "bind",
            &T::bind,
            {.about = "Where the sidecar listens.", .required = true, .min = 1, .max = 65'535}},
        json::Field{"flag",
                    &T::flag,
                    {.about = "The engine's flag; empty: none is known.",
                     .required = true,
                     .length_min = 0,
                     .length_max = 64}},
        json::Field{"flagAlias",
                    &T::flag_alias,
                    {.about = "Another spelling of the flag, such as -p; empty: it has none.",
                     .length_min = 0,
                     .length_max = 64}},
        json::Field{"env",
                    &T::env,
                    {.about = "The engine's variable; empty: none is known.",
                     .required = true,
                     .length_min = 0,
                     .length_max = 128}},
        json::Field{"envHost",
                    &T::env_host,
                    {.about = "Where the variable holds host:port: the host to write where it is "
                              "absent; empty: it holds a bare port.",
                     .length_min = 0,
                     .length_max = 253}}};
  }
};

// How probes and hooks reach an engine whose port is led to the sidecar.
struct ProbeMoveStatus {
  std::uint16_t from = 0;
  std::uint16_t to = 0;

  bool operator==(const ProbeMoveStatus&) const = default;

  static constexpr auto fields() {
    using T = ProbeMoveStatus;
    return std::tuple{
        json::Field{
            "from",
            &T::from,
            {.about = "The engine's port as written.", .required = true, .min = 1, .max = 65'535}},
        json::Field{"to",
                    &T::to,
                    {.about = "A port that nobody listens at, and that leads to the engine.",
                     .required = true,
                     .min = 1,
                     .max = 65'535}}};
  }
};

}  // namespace penstock::api
