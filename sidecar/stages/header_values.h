#pragma once

#include <cstdint>
#include <string_view>

#include "lib/resolve/resolved_policy.h"
#include "sidecar/domain/route_match.h"
#include "sidecar/http1/head.h"

namespace penstock::stages {

// Calls `visit` with the value of every field of that name (any case), in the head's order.
template <class Visitor>
void for_each_value(const http1::RequestHead& head, std::string_view name, Visitor&& visit) {
  for (const http1::HeaderField& field : head.fields) {
    if (field.name.size() == name.size() && http1::equals_ignoring_case(field.name, name)) {
      visit(field.value);
    }
  }
}

// The first such value; empty without one.
inline std::string_view first_value(const http1::RequestHead& head, std::string_view name) {
  for (const http1::HeaderField& field : head.fields) {
    if (field.name.size() == name.size() && http1::equals_ignoring_case(field.name, name)) {
      return field.value;
    }
  }
  return {};
}

inline std::uint32_t match_route(const resolve::ResolvedPolicy& policy, std::string_view model,
                                 const http1::RequestHead& head) {
  const auto header = [&head](std::string_view name) { return first_value(head, name); };
  return static_cast<std::uint32_t>(domain::match_route(policy, model, head.path, header));
}

}  // namespace penstock::stages
