#include <string>
#include <string_view>
#include <utility>

#include "lib/api/url.h"
#include "lib/json/text.h"
#include "lib/resolve/resolve.h"

namespace penstock::resolve {
namespace {

std::string_view dialect_of(const Result<api::Url>& url) {
  return url && (url->host == "anthropic.com" || url->host.ends_with(".anthropic.com"))
             ? "Anthropic"
             : "OpenAI";
}

// A JSON string is a YAML string, so nothing in the text can become structure.
std::string json_string(std::string_view text) {
  return json::Value(text).dump(-1, ' ', false, json::Value::error_handler_t::replace);
}

constexpr std::string_view kTier = R"(---
apiVersion: penstock.dev/v1alpha1
kind: CacheTier
metadata:
  name: upstream
spec:
  type: Memory
  memory:
    size: )";

constexpr std::string_view kTable = R"(---
apiVersion: penstock.dev/v1alpha1
kind: RoutingTable
metadata:
  name: upstream
spec:
  backends:
    - name: upstream
)";

constexpr std::string_view kPolicy = R"(---
apiVersion: penstock.dev/v1alpha1
kind: OptimizationPolicy
metadata:
  name: upstream
spec:
  selector:
    matchLabels:
      app: upstream
  routing:
    tableRef:
      name: upstream
)";

constexpr std::string_view kCaching = R"(  caching:
    tiers:
      - ref:
          name: upstream
    tenant:
      anonymous: Share
)";

// With a binding, as what an operator delivers: it asks these sidecars for a proof of traffic, too.
constexpr std::string_view kPassThrough = R"(---
apiVersion: penstock.dev/v1alpha1
kind: OptimizationPolicy
metadata: {name: pass-through}
spec: {selector: {matchLabels: {app: engine}}, mode: "Off"}
---
apiVersion: penstock.dev/v1alpha1
kind: PolicyBinding
metadata: {name: pass-through}
spec: {apiLevel: 1, policy: default/pass-through}
)";

}  // namespace

std::string upstream_as_yaml(std::string_view url, std::optional<std::uint64_t> cache_bytes) {
  std::string text(kTable);
  text.append("      url: ").append(json_string(url)).append("\n");
  text.append("      dialect: ").append(dialect_of(api::parse_url(url))).append("\n");
  if (cache_bytes) {
    text.append(kTier).append(json::format_quantity({*cache_bytes})).append("\n");
  }
  text.append(kPolicy);
  if (cache_bytes) {
    text.append(kCaching);
  }
  return text;
}

ResolveResult for_pass_through(const PassThrough& to) {
  api::Resources resources;
  api::add_text(resources, "", std::string(kPassThrough), json::Strictness::kStrict);
  return resolve(resources, std::nullopt, to);
}

ResolveResult for_upstream(std::string_view url, std::optional<std::uint64_t> cache_bytes) {
  api::Resources resources;
  api::add_text(resources, "", upstream_as_yaml(url, cache_bytes), json::Strictness::kStrict);
  ResolveResult result = resolve(resources);
  if (!result) {
    // Only the two flags can be wrong, and the user never saw the documents.
    for (api::ResourceError& error : result.error()) {
      error.document = error.path.starts_with("spec.memory") ? "--cache" : "--upstream";
      error.path.clear();
    }
  }
  return result;
}

}  // namespace penstock::resolve
