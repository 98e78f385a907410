#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "lib/api/backend_spec.h"
#include "lib/api/enums.h"
#include "lib/json/field.h"

namespace penstock::api {

struct RouteMatchSpec {
  std::vector<std::string> models;
  std::vector<std::string> path_prefixes;
  std::map<std::string, std::string> headers;

  static constexpr auto fields() {
    using T = RouteMatchSpec;
    return std::tuple{
        json::Field{"models",
                    &T::models,
                    {.about = "Any of these; '*' at the end takes the rest.",
                     .format = &kModelPattern,
                     .items_max = 256}},
        json::Field{
            "pathPrefixes", &T::path_prefixes, {.about = "Any of these.", .format = &kPathPrefix}},
        json::Field{"headers",
                    &T::headers,
                    {.about = "All of these, with exactly these values.",
                     .length_min = 0,
                     .length_max = 1'024,
                     .items_max = 16,
                     .key_format = &kHeaderName}}};
  }
};

struct WeightedBackendSpec {
  std::string name;
  std::uint32_t weight = 1;

  static constexpr auto fields() {
    using T = WeightedBackendSpec;
    return std::tuple{
        json::Field{"name",
                    &T::name,
                    {.about = "A backend of this table.",
                     .required = true,
                     .length_max = 63,
                     .format = &kDnsLabel}},
        json::Field{
            "weight",
            &T::weight,
            {.about = "Its share among the others; 0 sends nothing.", .min = 0, .max = 1'000'000}}};
  }
};

struct RouteSpec {
  RouteMatchSpec match;
  std::vector<WeightedBackendSpec> backends;
  std::vector<std::string> fallback;

  static constexpr auto fields() {
    using T = RouteSpec;
    return std::tuple{
        json::Field{"match", &T::match, {.about = "What it takes; everything where absent."}},
        json::Field{"backends",
                    &T::backends,
                    {.about = "Where it goes, by weight.",
                     .required = true,
                     .items_min = 1,
                     .items_max = 16,
                     .unique_by = "name"}},
        json::Field{"fallback",
                    &T::fallback,
                    {.about = "Backends to try in order once the chosen one failed.",
                     .length_max = 63,
                     .format = &kDnsLabel,
                     .items_max = 8,
                     .unique_by = "."}}};
  }

  static constexpr auto constraints() {
    return std::array{json::Constraint{"self.backends.exists(b, b.weight > 0)",
                                       "backends must give at least one backend a weight above 0"}};
  }
};

struct PriceFileSpec {
  PriceFileFormat format = PriceFileFormat::kLiteLlm;
  std::string path;

  static constexpr auto fields() {
    using T = PriceFileSpec;
    return std::tuple{
        json::Field{"format", &T::format, {.about = "Who publishes it.", .required = true}},
        json::Field{
            "path", &T::path, {.about = "The file.", .required = true, .length_max = 4'096}}};
  }
};

struct RoutingTableSpec {
  std::vector<BackendSpec> backends;
  std::vector<RouteSpec> routes;
  std::vector<PriceFileSpec> price_files;

  static constexpr auto fields() {
    using T = RoutingTableSpec;
    return std::tuple{
        json::Field{
            "backends",
            &T::backends,
            {.about = "The model APIs.", .required = true, .items_min = 1, .unique_by = "name"}},
        json::Field{"routes",
                    &T::routes,
                    {.about = "The first that matches wins; all backends alike where absent.",
                     .items_max = 128}},
        json::Field{
            "priceFiles",
            &T::price_files,
            {.about = "Prices for models that the table gives none. Of a stand-alone sidecar "
                      "only: an injected one has no such files, so the operator refuses "
                      "them.",
             .items_max = 8}}};
  }

  static constexpr auto constraints() {
    return std::array{
        json::Constraint{"!has(self.routes) || self.routes.all(r, r.backends.all(b, "
                         "self.backends.exists(x, x.name == b.name)))",
                         "a route names no backend of this table"},
        json::Constraint{"!has(self.routes) || self.routes.all(r, !has(r.fallback) || "
                         "r.fallback.all(f, self.backends.exists(x, x.name == f)))",
                         "a fallback names no backend of this table"},
        json::Constraint{
            "!has(self.routes) || self.routes.map(r, !has(r.match) || "
            "(!has(r.match.models) || size(r.match.models) == 0) && "
            "(!has(r.match.pathPrefixes) || size(r.match.pathPrefixes) == 0) && "
            "(!has(r.match.headers) || size(r.match.headers) == 0)).indexOf(true) == "
            "size(self.routes) - 1",
            "the last route, and no other, must be without match: it takes what no other does"}};
  }
};

}  // namespace penstock::api
