#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lib/api/url.h"
#include "lib/api/validate.h"
#include "lib/json/near_name.h"

namespace penstock::api {
namespace {

using Errors = std::vector<json::FieldError>;

std::string indexed(std::string_view path, std::size_t index) {
  return std::string(path) + "[" + std::to_string(index) + "]";
}

void validate_price(const PriceSpec& price, const std::string& path, Errors& errors) {
  std::int64_t before = 0;
  for (std::size_t i = 0; i < price.tiers.size(); ++i) {
    if (price.tiers[i].context_over <= before) {
      errors.push_back({indexed(path + ".tiers", i) + ".contextOver",
                        "must be larger than that of the tier before"});
    }
    before = price.tiers[i].context_over;
  }
}

void validate_backend(const BackendSpec& backend, const std::string& path, Errors& errors) {
  const Result<Url> url = parse_url(backend.url);
  if (!url) {
    errors.push_back({path + ".url", url.error().detail});
  } else if (backend.tls && !url->https) {
    errors.push_back({path + ".tls", "needs an https:// URL"});
  }
  if (backend.stream_usage == StreamUsage::kAlways && backend.dialect != DialectName::kOpenAi) {
    errors.push_back({path + ".streamUsage",
                      "must be Auto or Never here: only the OpenAI dialect has to be asked"});
  }
  std::set<std::string_view> models;
  for (std::size_t i = 0; i < backend.models.size(); ++i) {
    const ModelSpec& model = backend.models[i];
    const std::string model_path = indexed(path + ".models", i);
    if (!models.insert(model.name).second) {
      errors.push_back({model_path + ".name", "stands twice in this backend"});
    }
    if (model.price) {
      validate_price(*model.price, model_path + ".price", errors);
    }
  }
}

std::string what_exists(std::string_view name, const std::vector<std::string_view>& names) {
  std::string hint = json::did_you_mean(name, names);
  if (!hint.empty()) {
    return hint;
  }
  std::string text = "; it has ";
  std::string_view separator;
  for (const std::string_view existing : names) {
    text.append(separator).append(existing);
    separator = ", ";
  }
  return text;
}

void validate_route(const RouteSpec& route, const std::string& path,
                    const std::vector<std::string_view>& names, Errors& errors) {
  const auto check = [&](std::string_view name, std::string at, std::set<std::string_view>& seen) {
    if (std::ranges::find(names, name) == names.end()) {
      errors.push_back(
          {std::move(at), "names no backend of this table" + what_exists(name, names)});
    } else if (!seen.insert(name).second) {
      errors.push_back({std::move(at), "names a backend twice"});
    }
  };
  std::set<std::string_view> chosen;
  std::uint64_t weight = 0;
  for (std::size_t i = 0; i < route.backends.size(); ++i) {
    check(route.backends[i].name, indexed(path + ".backends", i) + ".name", chosen);
    weight += route.backends[i].weight;
  }
  if (weight == 0) {
    errors.push_back({path + ".backends", "must give at least one backend a weight above 0"});
  }
  std::set<std::string_view> fallback;
  for (std::size_t i = 0; i < route.fallback.size(); ++i) {
    check(route.fallback[i], indexed(path + ".fallback", i), fallback);
  }
}

bool matches_everything(const RouteMatchSpec& match) {
  return match.models.empty() && match.path_prefixes.empty() && match.headers.empty();
}

}  // namespace

void validate(const RoutingTableSpec& spec, Errors& errors) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < spec.backends.size(); ++i) {
    const std::string path = indexed("spec.backends", i);
    if (std::ranges::find(names, spec.backends[i].name) != names.end()) {
      errors.push_back({path + ".name", "stands twice in this table"});
    }
    names.push_back(spec.backends[i].name);
    validate_backend(spec.backends[i], path, errors);
  }
  for (std::size_t i = 0; i < spec.routes.size(); ++i) {
    const std::string path = indexed("spec.routes", i);
    const bool last = i + 1 == spec.routes.size();
    validate_route(spec.routes[i], path, names, errors);
    if (matches_everything(spec.routes[i].match) && !last) {
      errors.push_back({path, "takes everything, so no later route is ever reached; move it last"});
    }
    if (last && !matches_everything(spec.routes[i].match)) {
      errors.push_back({path,
                        "must take what no other route does (GET /v1/models names no model): add a "
                        "last route without match"});
    }
  }
}

}  // namespace penstock::api
