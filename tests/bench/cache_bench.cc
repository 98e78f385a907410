// What a cache lookup is made of: keys, proofs, the canonical form, the memory tier.
#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <simdjson.h>

#include "lib/digest/hashing.h"
#include "sidecar/dialect/request_keyer.h"
#include "sidecar/store/memory_tier.h"
#include "sidecar/store/seeded_key_hasher.h"

namespace penstock {
namespace {

constexpr int kSmall = 1200;
constexpr int kLarge = 20 * 1024;

constexpr const char* kTools =
    R"([{"type":"function","function":{"name":"read_level","description":"Reads a tank's level",)"
    R"("parameters":{"type":"object","properties":{"tank":{"type":"string"},"unit":{"type":"string"}},)"
    R"("required":["tank"]}}}])";

// A chat request of about `bytes`: turns of prose of some hundred characters with a line break now
// and then, sampling parameters, one tool. Members come in the order that `order` picks.
std::string chat_body(std::size_t bytes, std::uint32_t order) {
  std::minstd_rand pick(order + 1);
  std::string messages = "[";
  while (messages.size() + 500 < bytes) {
    std::string text;
    for (int word = 0; word < 60; ++word) {
      text += word % 15 == 14 ? "tank.\\n" : "level ";
    }
    const bool role_first = pick() % 2 == 0;
    messages += messages.size() > 1 ? "," : "";
    messages += role_first ? R"({"role":"user","content":")" + text + "\"}"
                           : R"({"content":")" + text + R"(","role":"user"})";
  }
  messages += "]";
  std::vector<std::string> members = {
      R"("model":"gpt-4o-mini")", R"("temperature":0.7)",      R"("max_tokens":512)",
      R"("stream":true)",         R"("messages":)" + messages, R"("tools":)" + std::string(kTools)};
  for (std::size_t i = members.size() - 1; i > 0; --i) {
    std::swap(members[i], members[pick() % (i + 1)]);
  }
  std::string body = "{";
  for (const std::string& member : members) {
    body += (body.size() > 1 ? "," : "") + member;
  }
  return body + "}";
}

// Many orders of one request, so that branch prediction learns none of them.
std::vector<std::string> orders(std::size_t bytes) {
  std::vector<std::string> bodies;
  for (std::uint32_t order = 0; order < 64; ++order) {
    bodies.push_back(chat_body(bytes, order));
  }
  return bodies;
}

void BM_canonical_form(benchmark::State& state) {
  const auto bodies = orders(static_cast<std::size_t>(state.range(0)));
  dialect::RequestKeyer keyer;
  std::size_t i = 0;
  for (auto _ : state) {
    const auto keyed = keyer.key(domain::Operation::kChat, bodies[i++ % bodies.size()]);
    benchmark::DoNotOptimize(keyed.canonical.data());
    if (keyed.refused) {
      state.SkipWithError("refused");
    }
  }
  state.counters["body"] = static_cast<double>(bodies[0].size());
}
BENCHMARK(BM_canonical_form)->Arg(kSmall)->Arg(kLarge);

void BM_json_tree(benchmark::State& state) {
  const auto bodies = orders(static_cast<std::size_t>(state.range(0)));
  domain::JsonTree tree;
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(tree.parse(bodies[i++ % bodies.size()]));
  }
}
BENCHMARK(BM_json_tree)->Arg(kSmall)->Arg(kLarge);

// For comparison: the library's parse alone, which keeps neither number text nor offsets.
void BM_simdjson_dom(benchmark::State& state) {
  std::vector<simdjson::padded_string> bodies;
  for (const std::string& body : orders(static_cast<std::size_t>(state.range(0)))) {
    bodies.emplace_back(body);
  }
  simdjson::dom::parser parser;
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(parser.parse(bodies[i++ % bodies.size()]).error());
  }
}
BENCHMARK(BM_simdjson_dom)->Arg(kSmall)->Arg(kLarge);

void BM_xxh3_128(benchmark::State& state) {
  const std::string body = chat_body(static_cast<std::size_t>(state.range(0)), 0);
  for (auto _ : state) {
    benchmark::DoNotOptimize(digest::xxh3_128(body, 1));
  }
}
BENCHMARK(BM_xxh3_128)->Arg(kSmall)->Arg(kLarge);

void BM_keyed_tag(benchmark::State& state) {
  const std::string body = chat_body(static_cast<std::size_t>(state.range(0)), 0);
  const digest::TagKey key = digest::TagKey::generate();
  for (auto _ : state) {
    benchmark::DoNotOptimize(digest::keyed_tag(key, body));
  }
}
BENCHMARK(BM_keyed_tag)->Arg(kSmall)->Arg(kLarge);

void BM_sha256(benchmark::State& state) {
  const std::string body = chat_body(static_cast<std::size_t>(state.range(0)), 0);
  for (auto _ : state) {
    benchmark::DoNotOptimize(digest::sha256(body));
  }
}
BENCHMARK(BM_sha256)->Arg(kSmall)->Arg(kLarge);

void BM_poly1305(benchmark::State& state) {
  const std::string body = chat_body(static_cast<std::size_t>(state.range(0)), 0);
  const std::array<std::string_view, 1> parts = {body};
  const digest::MacKey key = digest::MacKey::generate();
  for (auto _ : state) {
    benchmark::DoNotOptimize(digest::poly1305(key, parts));
  }
}
BENCHMARK(BM_poly1305)->Arg(kSmall)->Arg(kLarge);

constexpr domain::Instant kNow = domain::Instant(std::chrono::hours(1));

std::shared_ptr<domain::CacheEntry> answer(const digest::Hash128& key) {
  auto entry = std::make_shared<domain::CacheEntry>();
  entry->canonical = key;
  entry->body.assign(1500, 'x');
  entry->expires_at = kNow + std::chrono::hours(1);
  return entry;
}

// What a raw hit costs beside the socket: key, lookup, proof.
void BM_raw_hit(benchmark::State& state) {
  const store::SeededKeyHasher hasher(store::SeededKeyHasher::Secrets::generate());
  store::MemoryTier tier({.size_bytes = 64 << 20}, hasher);
  const std::string body = chat_body(static_cast<std::size_t>(state.range(0)), 0);
  const domain::RequestBytes request = {.scope = "a scope of usual length, tenant and all",
                                        .body = body};
  tier.insert(answer(hasher.canonical_key(request.scope, "x")), hasher.raw_key(request),
              {domain::RequestProof(request, hasher), {}});
  for (auto _ : state) {
    benchmark::DoNotOptimize(tier.find_raw(hasher.raw_key(request), request, kNow));
  }
}
BENCHMARK(BM_raw_hit)->Arg(kSmall)->Arg(kLarge);

// A canonical hit by a spelling that is new each time, alias attempt included.
void BM_canonical_hit(benchmark::State& state) {
  const store::SeededKeyHasher hasher(store::SeededKeyHasher::Secrets::generate());
  store::MemoryTier tier({.size_bytes = 64 << 20}, hasher);
  const auto bodies = orders(static_cast<std::size_t>(state.range(0)));
  dialect::RequestKeyer keyer;
  for (const std::string& body : bodies) {
    const auto keyed = keyer.key(domain::Operation::kChat, body);
    tier.insert(answer(hasher.canonical_key("s", keyed.canonical)));
  }
  std::size_t i = 0;
  for (auto _ : state) {
    const std::string& body = bodies[i++ % bodies.size()];
    const domain::RequestBytes request = {.scope = "s", .body = body};
    const auto keyed = keyer.key(domain::Operation::kChat, body);
    const digest::Hash128 key = hasher.canonical_key("s", keyed.canonical);
    benchmark::DoNotOptimize(tier.find_canonical(key, kNow));
    // A raw key of its own each time, as a new spelling has.
    tier.alias({.low = i, .high = i}, key, request, {});
  }
}
BENCHMARK(BM_canonical_hit)->Arg(kSmall)->Arg(kLarge);

// Inserting into a full tier: allocation, eviction and freeing of others.
void BM_insert_full(benchmark::State& state) {
  const store::SeededKeyHasher hasher(store::SeededKeyHasher::Secrets::generate());
  store::MemoryTier tier({.size_bytes = 16 << 20}, hasher);
  const std::string body = chat_body(kSmall, 0);
  std::uint64_t i = 0;
  for (auto _ : state) {
    ++i;
    const std::uint64_t mixed = i * 0x9e3779b97f4a7c15ULL;
    const domain::RequestBytes request = {.scope = "s", .body = body};
    tier.insert(answer({.low = mixed, .high = mixed >> 8}), {.low = mixed, .high = i},
                {domain::RequestProof(request, hasher), {}});
  }
  state.counters["evictions"] = static_cast<double>(tier.stats().evictions);
}
BENCHMARK(BM_insert_full);

}  // namespace
}  // namespace penstock
