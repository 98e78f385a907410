#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/api/url.h"
#include "lib/json/ascii.h"
#include "lib/resolve/translate.h"

namespace penstock::resolve {
namespace {

std::optional<std::int64_t> rate(const std::optional<json::UsdPerMillion>& price) {
  return price ? std::optional(price->picodollars_per_token) : std::nullopt;
}

Rates rates(const api::RatesSpec& spec) {
  return Rates{.input = rate(spec.input),
               .output = rate(spec.output),
               .cache_read = rate(spec.cache_read),
               .cache_write_5m = rate(spec.cache_write_5m),
               .cache_write_1h = rate(spec.cache_write_1h),
               .input_audio = rate(spec.input_audio),
               .output_audio = rate(spec.output_audio)};
}

// A tier inherits what it leaves out, so that a reader never has to look at two places.
Rates over(const Rates& base, const Rates& tier) {
  const auto either = [](const auto& first, const auto& second) { return first ? first : second; };
  return Rates{.input = either(tier.input, base.input),
               .output = either(tier.output, base.output),
               .cache_read = either(tier.cache_read, base.cache_read),
               .cache_write_5m = either(tier.cache_write_5m, base.cache_write_5m),
               .cache_write_1h = either(tier.cache_write_1h, base.cache_write_1h),
               .input_audio = either(tier.input_audio, base.input_audio),
               .output_audio = either(tier.output_audio, base.output_audio)};
}

Price price(const api::PriceSpec& spec) {
  Price result{.base = rates(spec), .tiers = {}};
  for (const api::PriceTierSpec& tier : spec.tiers) {
    result.tiers.push_back(PriceTier{tier.context_over, over(result.base, rates(tier))});
  }
  return result;
}

Backend backend(const api::BackendSpec& spec, const EngineAddress& engine) {
  Backend result;
  result.name = spec.name;
  if (Result<api::Url> url = api::parse_url(spec.url)) {
    result.https = url->https;
    result.host = std::move(url->host);
    result.port = url->port;
    result.base_path = std::move(url->base_path);
  }
  result.dialect = spec.dialect;
  for (const api::ModelSpec& model : spec.models) {
    result.models.push_back(
        BackendModel{model.name, model.price ? std::optional(price(*model.price)) : std::nullopt});
  }
  if (spec.credentials) {
    result.credentials =
        SecretKey{spec.credentials->secret_ref.name, spec.credentials->secret_ref.key};
  }
  result.stream_usage = spec.stream_usage;
  if (spec.tls) {
    if (spec.tls->ca_ref) {
      result.tls.ca = SecretKey{spec.tls->ca_ref->name, spec.tls->ca_ref->key};
    }
    result.tls.server_name = spec.tls->server_name.value_or("");
    result.tls.verify = spec.tls->verify;
  }
  if (engine.port && api::is_loopback(result.host)) {
    const bool had_been_its = std::ranges::find(engine.taken, result.port) != engine.taken.end();
    result.port = had_been_its ? *engine.port : result.port;
    result.same_pod = result.port == *engine.port;
  }
  return result;
}

std::uint32_t index_of(const std::vector<Backend>& backends, std::string_view name) {
  const auto found = std::ranges::find(backends, name, &Backend::name);
  return static_cast<std::uint32_t>(found - backends.begin());
}

Route route(const api::RouteSpec& spec, const std::vector<Backend>& backends) {
  Route result;
  result.models = spec.match.models;
  result.path_prefixes = spec.match.path_prefixes;
  for (const auto& [name, value] : spec.match.headers) {
    result.headers[json::lower_ascii(name)] = value;
  }
  for (const api::WeightedBackendSpec& choice : spec.backends) {
    result.backends.push_back({index_of(backends, choice.name), choice.weight});
  }
  for (const std::string& name : spec.fallback) {
    result.fallback.push_back(index_of(backends, name));
  }
  return result;
}

// Takes everything, to all backends alike.
Route default_route(std::size_t backends) {
  Route result;
  for (std::size_t i = 0; i < backends; ++i) {
    result.backends.push_back({static_cast<std::uint32_t>(i), 1});
  }
  return result;
}

}  // namespace

void translate_table(const api::RoutingTableSpec& spec, const EngineAddress& engine,
                     ResolvedPolicy& resolved) {
  for (const api::BackendSpec& one : spec.backends) {
    resolved.backends.push_back(backend(one, engine));
  }
  for (const api::RouteSpec& one : spec.routes) {
    resolved.routes.push_back(route(one, resolved.backends));
  }
  if (spec.routes.empty()) {
    resolved.routes.push_back(default_route(resolved.backends.size()));
  }
  for (const api::PriceFileSpec& file : spec.price_files) {
    resolved.price_files.push_back(PriceFile{file.format, file.path});
  }
}

void add_engine(std::uint16_t port, ResolvedPolicy& resolved) {
  Backend engine;
  engine.name = "engine";
  engine.host = "127.0.0.1";
  engine.port = port;
  engine.same_pod = true;
  resolved.backends.push_back(std::move(engine));
  resolved.routes.push_back(default_route(1));
}

void add_providers(const api::ProvidersSpec& spec, ResolvedPolicy& resolved) {
  api::BackendSpec openai{
      .name = "openai", .url = spec.openai, .dialect = api::DialectName::kOpenAi};
  api::BackendSpec anthropic{
      .name = "anthropic", .url = spec.anthropic, .dialect = api::DialectName::kAnthropic};
  for (api::BackendSpec* one : {&openai, &anthropic}) {
    resolved.backends.push_back(backend(*one, {}));
  }
  // Clients call by their base URL's whole path.
  const std::string openai_path = std::exchange(resolved.backends[0].base_path, "");
  const std::string anthropic_path = std::exchange(resolved.backends[1].base_path, "");
  // Anthropic's SDKs name the version of their API in every request, and so does whoever follows
  // its documents; without it its own paths tell.
  const auto to_anthropic = [] { return Route{.backends = {{1, 1}}}; };
  Route by_version = to_anthropic();
  by_version.headers["anthropic-version"] = std::nullopt;
  Route by_path = to_anthropic();
  by_path.path_prefixes = {anthropic_path + "/v1/messages"};
  if (!anthropic_path.empty() && !openai_path.starts_with(anthropic_path)) {
    by_path.path_prefixes = {anthropic_path + "/"};
  }
  resolved.routes.push_back(std::move(by_version));
  resolved.routes.push_back(std::move(by_path));
  resolved.routes.push_back(Route{.backends = {{0, 1}}});
}

}  // namespace penstock::resolve
