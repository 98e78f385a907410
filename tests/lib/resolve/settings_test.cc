#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "lib/resolve/resolve.h"
#include "tests/lib/resolve/documents.h"

namespace penstock::resolve {
namespace {

using testing::document;
using testing::errors_of;
using testing::policy;
using testing::read;

ResolvedPolicy resolved(std::string_view text) {
  const ResolveResult result = resolve(read(text));
  EXPECT_TRUE(result) << text << ": " << errors_of(result).front();
  return result.value_or(ResolvedPolicy{});
}

ResolvedPolicy with_policy(std::string_view rest) {
  return resolved(policy("p", ", routing: {tableRef: {name: t}}" + std::string(rest)) +
                  testing::table("t") +
                  document("CacheTier", "m", "{type: Memory, memory: {size: 1Gi, eviction: LRU}}"));
}

ResolvedPolicy with_table(std::string_view spec) {
  return resolved(policy("p", ", routing: {tableRef: {name: t}}") +
                  document("RoutingTable", "t", spec));
}

// The defaults stand in the field tables and in resolved_policy.h; this keeps the two from
// drifting.
TEST(SettingsTest, ASelectorAloneGivesTheDefaults) {
  const ResolvedPolicy policy = with_policy("");
  EXPECT_EQ(policy.mode, Mode::kEnforce);
  EXPECT_EQ(policy.listener, ListenerSettings{});
  EXPECT_EQ(policy.upstream, UpstreamSettings{});
  EXPECT_EQ(policy.observability, Observability{});
  EXPECT_FALSE(policy.caching);
  EXPECT_TRUE(policy.price_files.empty());
}

TEST(SettingsTest, ACachingBlockAloneGivesTheDefaults) {
  Caching expected;
  expected.tiers = {MemoryTier{.name = "default/m",
                               .size_bytes = 1ULL << 30,
                               .eviction = Eviction::kLru,
                               .ttl = std::nullopt}};
  EXPECT_EQ(with_policy(", caching: {tiers: [{ref: {name: m}}]}").caching, expected);
  const ResolvedPolicy plain = resolved(
      policy("p", ", routing: {tableRef: {name: t}}, caching: {tiers: [{ref: {name: m}}]}") +
      testing::table("t") + document("CacheTier", "m", "{type: Memory}"));
  EXPECT_EQ(plain.caching->tiers.at(0).size_bytes, MemoryTier{}.size_bytes);
  EXPECT_EQ(plain.caching->tiers.at(0).eviction, MemoryTier{}.eviction);
}

TEST(SettingsTest, EveryListenerSettingArrives) {
  const ResolvedPolicy policy = with_policy(R"(, mode: Off, listener: {
    tls: {certificateRef: {name: cert}, clientCARef: {name: ca, key: ca.crt}, clientCertificates: Request},
    authentication: {keysRef: {name: keys, key: k}},
    limits: {connections: 11, requestsInFlight: 12, headerLines: 13, headBytes: 8Ki,
             collectedBody: 1Mi, collectedTotal: 2Mi, oversizedBody: Reject},
    timeouts: {head: 1s, body: 2s, keepAlive: 3s, tcpKeepAlive: 4s},
    onDisconnect: {action: Drain, maxBytes: 5k, maxTime: 6s}})");
  EXPECT_EQ(policy.mode, Mode::kOff);
  ListenerSettings expected;
  expected.tls = ListenerTls{.certificate_secret = "cert",
                             .client_ca = SecretKey{"ca", "ca.crt"},
                             .client_certificates = ClientCertificates::kRequest};
  expected.client_keys = SecretKey{"keys", "k"};
  expected.connections_max = 11;
  expected.requests_in_flight_max = 12;
  expected.header_lines_max = 13;
  expected.head_bytes_max = 8'192;
  expected.collected_body_bytes_max = 1 << 20;
  expected.collected_total_bytes_max = 2 << 20;
  expected.oversized_body = OversizedBody::kReject;
  expected.head_timeout = Millis(1'000);
  expected.body_timeout = Millis(2'000);
  expected.keep_alive_timeout = Millis(3'000);
  expected.tcp_keep_alive = Millis(4'000);
  expected.on_disconnect = OnDisconnect::kDrain;
  expected.drain_bytes_max = 5'000;
  expected.drain_time_max = Millis(6'000);
  EXPECT_EQ(policy.listener, expected);
}

TEST(SettingsTest, AClientCaAloneRequiresCertificates) {
  const ResolvedPolicy policy = with_policy(
      ", listener: {tls: {certificateRef: {name: c}, clientCARef: {name: ca, key: k}}}");
  EXPECT_EQ(policy.listener.tls->client_certificates, ClientCertificates::kRequire);
  const ResolvedPolicy without = with_policy(", listener: {tls: {certificateRef: {name: c}}}");
  EXPECT_EQ(without.listener.tls->client_certificates, ClientCertificates::kNone);
}

TEST(SettingsTest, EveryUpstreamAndObservabilitySettingArrives) {
  const ResolvedPolicy policy = with_policy(R"(, upstream: {
    timeouts: {connect: 1s, firstByte: 2s, idle: 3s, tcpKeepAlive: 4s},
    pool: {idleTimeout: 5s, maxAge: 6s, maxIdle: 7}},
    observability: {accessLog: {samplingPercent: 12.5}, recentRequests: 9})");
  EXPECT_EQ(policy.upstream,
            (UpstreamSettings{Millis(1'000), Millis(2'000), Millis(3'000), Millis(4'000),
                              Millis(5'000), Millis(5'000), Millis(6'000), 7}));
  EXPECT_EQ(policy.observability, (Observability{0.125, 9}));
}

TEST(SettingsTest, EveryCachingSettingArrives) {
  const ResolvedPolicy policy = with_policy(R"(, caching: {
    tiers: [{ref: {name: m}}], ttl: 90s, ttlJitterPercent: 20,
    tenant: {header: X-Tenant, anonymous: Share, sharing: All}, key: {headers: [X-A, x-b]},
    sampled: Bypass, maxEntry: 1Mi, replay: {pacing: Recorded},
    coalescing: {enabled: false, maxFollowers: 3}})");
  ASSERT_TRUE(policy.caching);
  const Caching& caching = *policy.caching;
  EXPECT_EQ(caching.ttl, Millis(90'000));
  EXPECT_EQ(caching.ttl_jitter_percent, 20U);
  EXPECT_EQ(caching.tenant_header, "x-tenant");
  EXPECT_EQ(caching.anonymous, AnonymousTenant::kShare);
  EXPECT_TRUE(caching.share_across_tenants);
  EXPECT_EQ(caching.key_headers, (std::vector<std::string>{"x-a", "x-b"}));
  EXPECT_EQ(caching.sampled, SampledRequests::kBypass);
  EXPECT_EQ(caching.entry_bytes_max, 1U << 20);
  EXPECT_EQ(caching.pacing, ReplayPacing::kRecorded);
  EXPECT_FALSE(caching.coalescing);
  EXPECT_EQ(caching.followers_max, 3U);
}

TEST(TableTest, EveryBackendSettingArrives) {
  const ResolvedPolicy policy = with_table(R"({backends: [{
    name: far, url: 'https://Api.Example:8443/v1/', dialect: Anthropic,
    models: [{name: 'claude-*'}, {name: known, price: {input: '3', cacheRead: '0.3',
              tiers: [{contextOver: 200000, input: '6'}]}}],
    credentials: {secretRef: {name: s, key: k}}, streamUsage: Never,
    tls: {caRef: {name: ca, key: c}, serverName: engine.internal, verify: false}}],
    priceFiles: [{format: ModelsDev, path: prices.json}]})");
  Backend expected;
  expected.name = "far";
  expected.https = true;
  expected.host = "api.example";
  expected.port = 8443;
  expected.base_path = "/v1";
  expected.dialect = DialectName::kAnthropic;
  const Rates base{.input = 3'000'000, .cache_read = 300'000};
  const Rates above{.input = 6'000'000, .cache_read = 300'000};  // what a tier leaves out stays
  expected.models = {BackendModel{"claude-*", std::nullopt},
                     BackendModel{"known", Price{base, {PriceTier{200'000, above}}}}};
  expected.credentials = SecretKey{"s", "k"};
  expected.stream_usage = StreamUsage::kNever;
  expected.tls = BackendTls{SecretKey{"ca", "c"}, "engine.internal", false};
  EXPECT_EQ(policy.backends, std::vector<Backend>{expected});
  EXPECT_EQ(policy.price_files,
            (std::vector<PriceFile>{{PriceFile::Format::kModelsDev, "prices.json"}}));
}

constexpr std::string_view kTwo =
    "{backends: [{name: a, url: 'http://a', dialect: OpenAI}, "
    "{name: b, url: 'http://b', dialect: OpenAI}]";

TEST(TableTest, WithoutRoutesOneTakesEverythingToAllAlike) {
  const ResolvedPolicy policy = with_table(std::string(kTwo) + "}");
  Route expected;
  expected.backends = {{0, 1}, {1, 1}};
  EXPECT_EQ(policy.routes, std::vector<Route>{expected});
}

TEST(TableTest, RoutesNameBackendsByIndex) {
  const ResolvedPolicy policy = with_table(std::string(kTwo) + R"(, routes: [
    {match: {models: ['m*'], pathPrefixes: [/v1], headers: {X-Team: Red}},
     backends: [{name: b, weight: 0}, {name: a, weight: 3}], fallback: [b, a]},
    {backends: [{name: b}]}]})");
  Route first;
  first.models = {"m*"};
  first.path_prefixes = {"/v1"};
  first.headers = {{"x-team", "Red"}};
  first.backends = {{1, 0}, {0, 3}};
  first.fallback = {1, 0};
  Route last;
  last.backends = {{1, 1}};
  EXPECT_EQ(policy.routes, (std::vector<Route>{first, last}));
}

std::string bound(std::string_view rest, std::string_view port) {
  return policy("p", rest) +
         document("PolicyBinding", "b",
                  "{apiLevel: 1, policy: default/p, enginePort: " + std::string(port) + "}");
}

TEST(EngineTest, IsTheBackendOfAnInjectedSidecar) {
  const ResolvedPolicy policy = resolved(bound("", "8001"));
  ASSERT_EQ(policy.backends.size(), 1U);
  EXPECT_EQ(policy.backends[0].host, "127.0.0.1");
  EXPECT_EQ(policy.backends[0].port, 8001);
  EXPECT_TRUE(policy.backends[0].same_pod);
  EXPECT_EQ(policy.routes.size(), 1U);
}

TEST(EngineTest, HasItsOwnIdleTimeout) {
  const ResolvedPolicy policy = resolved(bound("", "8001"));
  EXPECT_EQ(policy.upstream.pool_idle_timeout_same_pod, Millis(4'000));
  EXPECT_EQ(policy.upstream.pool_idle_timeout, Millis(75'000));
}

TEST(EngineTest, AUsersOwnIdleTimeoutWins) {
  const ResolvedPolicy policy = resolved(bound(", upstream: {pool: {idleTimeout: 9s}}", "8001"));
  EXPECT_EQ(policy.upstream.pool_idle_timeout, Millis(9'000));
  EXPECT_EQ(policy.upstream.pool_idle_timeout_same_pod, Millis(9'000));
}

TEST(EngineTest, ATableMayNameItBesideOthers) {
  const std::string table =
      document("RoutingTable", "t",
               "{backends: [{name: engine, url: 'http://127.0.0.1:8001', dialect: OpenAI}, "
               "{name: other-port, url: 'http://127.0.0.1:8002', dialect: OpenAI}, "
               "{name: far, url: 'http://far:8001', dialect: OpenAI}]}");
  const ResolvedPolicy policy = resolved(bound(", routing: {tableRef: {name: t}}", "8001") + table);
  ASSERT_EQ(policy.backends.size(), 3U);
  EXPECT_TRUE(policy.backends[0].same_pod);
  EXPECT_FALSE(policy.backends[1].same_pod);
  EXPECT_FALSE(policy.backends[2].same_pod);
}

// What a policy's sidecar runs whose pod was made with `own`.
ResolvedPolicy in_pod(std::string_view text, const std::optional<PassThrough>& own) {
  const ResolveResult result = resolve(read(text), std::nullopt, own);
  EXPECT_TRUE(result) << errors_of(result).front();
  return result.value_or(ResolvedPolicy{});
}

TEST(OwnTest, GoesBeforeTheBindingAndIsNoPartOfTheHash) {
  const std::string bare =
      policy("p") + document("PolicyBinding", "b", "{apiLevel: 1, policy: default/p}");
  const std::string providers =
      policy("p") + document("PolicyBinding", "b",
                             "{apiLevel: 1, policy: default/p, providers: {openAI: 'https://c', "
                             "anthropic: 'https://d'}}");
  const PassThrough client{.providers = api::ProvidersSpec{"https://a/v1", "https://b"}};
  for (const std::string& text : {bare, bound("", "8001"), providers}) {
    const ResolvedPolicy engine = in_pod(text, PassThrough{.engine_port = 18'000});
    ASSERT_EQ(engine.backends.size(), 1U);
    EXPECT_EQ(engine.backends[0].port, 18'000);
    EXPECT_TRUE(engine.backends[0].same_pod);
    EXPECT_EQ(in_pod(text, PassThrough{.engine_port = 9}).hash, engine.hash);
    const ResolvedPolicy calls = in_pod(text, client);
    ASSERT_EQ(calls.backends.size(), 2U);
    EXPECT_EQ(calls.backends[0].host, "a");
    EXPECT_EQ(calls.backends[1].host, "b");
    EXPECT_EQ(calls.hash, engine.hash);
  }
  EXPECT_EQ(in_pod(bound("", "8001"), std::nullopt).hash, in_pod(bound("", "8001"), client).hash);
}

TEST(OwnTest, TellsWhichBackendOfATableIsTheEngine) {
  const std::string table =
      document("RoutingTable", "t",
               "{backends: [{name: engine, url: 'http://127.0.0.1:18000', dialect: OpenAI}]}");
  const std::string text = bound(", routing: {tableRef: {name: t}}", "8001") + table;
  EXPECT_TRUE(in_pod(text, PassThrough{.engine_port = 18'000}).backends.at(0).same_pod);
  EXPECT_FALSE(in_pod(text, PassThrough{.engine_port = 8'001}).backends.at(0).same_pod);
  EXPECT_FALSE(in_pod(text, std::nullopt).backends.at(0).same_pod);
}

TEST(OwnTest, ThePortThatTheSidecarTookFromTheEngineMeansTheEngine) {
  const std::string table =
      document("RoutingTable", "t",
               "{backends: [{name: engine, url: 'http://127.0.0.1:8000', dialect: OpenAI}, "
               "{name: by-name, url: 'http://localhost:8000/prefix', dialect: OpenAI}, "
               "{name: moved, url: 'http://127.0.0.1:18000', dialect: OpenAI}, "
               "{name: elsewhere, url: 'http://far:8000', dialect: OpenAI}, "
               "{name: beside, url: 'http://127.0.0.1:9000', dialect: OpenAI}]}");
  const api::Resources resources = read(bound(", routing: {tableRef: {name: t}}", "1") + table);
  const std::array<std::uint16_t, 2> listening = {7000, 8000};
  const auto resolved =
      resolve(resources, std::nullopt, PassThrough{.engine_port = 18'000}, listening);
  ASSERT_TRUE(resolved) << errors_of(resolved).front();
  std::vector<std::pair<std::uint16_t, bool>> found;
  for (const Backend& backend : resolved->backends) {
    found.emplace_back(backend.port, backend.same_pod);
  }
  EXPECT_EQ(found,
            (std::vector<std::pair<std::uint16_t, bool>>{
                {18'000, true}, {18'000, true}, {18'000, true}, {8'000, false}, {9'000, false}}));
  // Without an engine there is nothing that it could mean.
  const auto alone = resolve(resources, std::nullopt, PassThrough{}, listening);
  ASSERT_TRUE(alone) << errors_of(alone).front();
  EXPECT_EQ(alone->backends.front().port, 8'000);
}

TEST(OwnTest, APassThroughIsTheSameVersionInEveryPod) {
  const ResolveResult engine = for_pass_through({.engine_port = 18'000});
  const ResolveResult client =
      for_pass_through({.providers = api::ProvidersSpec{"https://a/v1", "https://b"}});
  ASSERT_TRUE(engine && client);
  EXPECT_EQ(engine->backends.at(0).port, 18'000);
  EXPECT_EQ(client->backends.at(1).host, "b");
  EXPECT_EQ(engine->mode, Mode::kOff);
  EXPECT_TRUE(engine->delivered);
  EXPECT_EQ(engine->hash, client->hash);
}

TEST(ExposureTest, OwnCredentialsNeedADoorOrConsent) {
  ResolvedPolicy open;
  EXPECT_FALSE(check_exposure(open, false)) << "nothing to spend";
  open.backends.resize(2);
  open.backends[1].name = "openai";
  open.backends[1].credentials = SecretKey{"s", "k"};
  const auto problem = check_exposure(open, false);
  ASSERT_TRUE(problem);
  EXPECT_NE(problem->find("backend openai"), std::string::npos);
  EXPECT_NE(problem->find("allowAnonymous"), std::string::npos);
  EXPECT_FALSE(check_exposure(open, true)) << "loopback";

  ResolvedPolicy consent = open;
  consent.listener.allow_anonymous = true;
  EXPECT_FALSE(check_exposure(consent, false));

  ResolvedPolicy keys = open;
  keys.listener.client_keys = SecretKey{"keys", "k"};
  EXPECT_FALSE(check_exposure(keys, false));

  ResolvedPolicy certificates = open;
  certificates.listener.tls = ListenerTls{.certificate_secret = "c",
                                          .client_ca = SecretKey{"ca", "k"},
                                          .client_certificates = ClientCertificates::kRequest};
  EXPECT_TRUE(check_exposure(certificates, false)) << "a certificate that is only asked for";
  certificates.listener.tls->client_certificates = ClientCertificates::kRequire;
  EXPECT_FALSE(check_exposure(certificates, false));
}

}  // namespace
}  // namespace penstock::resolve
