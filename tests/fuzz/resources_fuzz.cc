// Resource documents, read strictly and tolerantly, as YAML and as JSON, and resolved. What must
// hold for any text: no crash, no unbounded growth, an answer that the data path can index blindly.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "lib/api/resources.h"
#include "lib/resolve/resolve.h"

namespace {

namespace api = penstock::api;
namespace json = penstock::json;
namespace resolve = penstock::resolve;

void require(bool holds, const char* what) {
  if (!holds) {
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
  }
}

void check(const resolve::ResolvedPolicy& policy) {
  require(!policy.backends.empty() && !policy.routes.empty(), "there is somewhere to go");
  const resolve::Route& last = policy.routes.back();
  require(last.models.empty() && last.path_prefixes.empty() && last.headers.empty(),
          "the last route takes everything");
  for (const resolve::Backend& backend : policy.backends) {
    require(!backend.host.empty() && backend.port != 0, "every backend has an address");
  }
  for (const resolve::Route& route : policy.routes) {
    require(!route.backends.empty(), "every route goes somewhere");
    for (const resolve::WeightedBackend& choice : route.backends) {
      require(choice.backend < policy.backends.size(), "routes name backends that exist");
    }
    for (const std::uint32_t fallback : route.fallback) {
      require(fallback < policy.backends.size(), "fallbacks exist");
    }
  }
  require(!policy.caching || !policy.caching->tiers.empty(), "a cache has a tier");
  require(policy.hash.size() == 32, "there is a hash");
}

void run(const std::string& file, std::string_view text) {
  api::Resources strict;
  api::add_text(strict, file, text, json::Strictness::kStrict);
  api::Resources tolerant;
  api::add_text(tolerant, file, text, json::Strictness::kTolerant);
  const resolve::ResolveResult from_strict = resolve::resolve(strict);
  const resolve::ResolveResult from_tolerant = resolve::resolve(tolerant);
  require(from_strict || !from_strict.error().empty(), "a refusal says why");
  for (const api::ResourceError& error : strict.errors) {
    require(!to_string(error).empty() && !error.message.empty(), "every error says something");
  }
  if (from_strict) {
    check(*from_strict);
    require(from_tolerant && *from_tolerant == *from_strict,
            "what is right strictly is the same tolerantly");
    require(strict.ignored.empty() && tolerant.ignored.empty(), "and nothing is ignored");
  } else if (from_tolerant) {
    check(*from_tolerant);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  run("f.yaml", text);
  run("f.json", text);
  if (const resolve::ResolveResult policy = resolve::for_upstream(text)) {
    check(*policy);
  }
  return 0;
}
