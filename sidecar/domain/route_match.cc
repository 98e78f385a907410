#include "sidecar/domain/route_match.h"

#include <algorithm>

namespace penstock::domain {

bool matches_model(std::string_view pattern, std::string_view model) {
  if (pattern.ends_with('*')) {
    return model.starts_with(pattern.substr(0, pattern.size() - 1));
  }
  return pattern == model;
}

std::size_t match_route(const resolve::ResolvedPolicy& policy, std::string_view model,
                        std::string_view path, const HeaderLookup& header) {
  const auto matches = [&](const resolve::Route& route) {
    const bool model_fits =
        route.models.empty() || std::ranges::any_of(route.models, [&](const std::string& pattern) {
          return matches_model(pattern, model);
        });
    const bool path_fits = route.path_prefixes.empty() ||
                           std::ranges::any_of(route.path_prefixes, [&](const std::string& prefix) {
                             return path.starts_with(prefix);
                           });
    return model_fits && path_fits && std::ranges::all_of(route.headers, [&](const auto& wanted) {
             const std::string_view value = header(wanted.first);
             return wanted.second ? value == *wanted.second : !value.empty();
           });
  };
  const auto found = std::ranges::find_if(policy.routes, matches);
  return found == policy.routes.end() ? policy.routes.size() - 1
                                      : static_cast<std::size_t>(found - policy.routes.begin());
}

}  // namespace penstock::domain
