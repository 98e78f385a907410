#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>

#include "lib/api/enums.h"
#include "lib/api/formats.h"
#include "lib/json/field.h"

namespace penstock::api {

inline constexpr std::int64_t kGenerationMax = 1LL << 53;

// The row of the one generation that a status or condition speaks of.
template <class T>
constexpr auto observed_generation_field(std::string_view about) {
  return json::Field{"observedGeneration",
                     &T::observed_generation,
                     {.about = about, .min = 0, .max = kGenerationMax}};
}

struct Condition {
  std::string type;
  ConditionStatus status = ConditionStatus::kUnknown;
  std::int64_t observed_generation = 0;
  std::string last_transition_time;  // RFC 3339, UTC
  std::string reason;
  std::string message;

  bool operator==(const Condition&) const = default;

  static constexpr auto fields() {
    using T = Condition;
    return std::tuple{
        json::Field{"type",
                    &T::type,
                    {.about = "What is judged.", .required = true, .format = &kCamelCase}},
        json::Field{"status", &T::status, {.about = "The judgement.", .required = true}},
        observed_generation_field<T>("The generation of the resource that was judged."),
        json::Field{
            "lastTransitionTime",
            &T::last_transition_time,
            {.about = "When the status last changed.", .required = true, .format = &kTimestamp}},
        json::Field{"reason",
                    &T::reason,
                    {.about = "The cause, for programs.", .required = true, .format = &kCamelCase}},
        json::Field{"message",
                    &T::message,
                    {.about = "The cause and what to do about it, for people.",
                     .required = true,
                     .length_min = 0,
                     .length_max = 32'768}}};
  }
};

}  // namespace penstock::api
