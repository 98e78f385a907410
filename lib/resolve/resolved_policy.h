#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/api/enums.h"

// One OptimizationPolicy with every reference followed and every default filled in: what a sidecar
// runs.
//
// Plain values, compared and copied freely; built by resolve() only. Durations are milliseconds,
// sizes are bytes, prices are picodollars per token (1 USD per million tokens = 1'000'000
// picodollars per token).
namespace penstock::resolve {

using Millis = std::chrono::milliseconds;

using api::AnonymousTenant;
using api::ClientCertificates;
using api::DialectName;
using api::Eviction;
using api::Mode;
using api::OnDisconnect;
using api::OversizedBody;
using api::ReplayPacing;
using api::SampledRequests;
using api::StreamUsage;

// A key of a mounted Secret; the file is <secrets dir>/<name>/<key>.
struct SecretKey {
  std::string name;
  std::string key;
  bool operator==(const SecretKey&) const = default;
};

struct ListenerTls {
  std::string certificate_secret;      // holds tls.crt and tls.key
  std::optional<SecretKey> client_ca;  // PEM bundle
  ClientCertificates client_certificates = ClientCertificates::kNone;
  bool operator==(const ListenerTls&) const = default;
};

struct ListenerSettings {
  std::optional<ListenerTls> tls;
  std::optional<SecretKey> client_keys;  // one static key a line; `#` starts a comment
  bool allow_anonymous = false;  // DESIGN §5: credentials of our own behind an open listener

  std::uint32_t connections_max = 0;         // 0: derived from the descriptor limit
  std::uint32_t requests_in_flight_max = 0;  // 0: derived from the descriptor limit
  std::uint32_t header_lines_max = 100;
  std::uint32_t head_bytes_max = 64 * 1024;
  std::uint64_t collected_body_bytes_max = 16ULL << 20;
  std::uint64_t collected_total_bytes_max = 256ULL << 20;  // the process budget
  OversizedBody oversized_body = OversizedBody::kBypass;

  Millis head_timeout{10'000};
  Millis body_timeout{60'000};  // between two reads of a request body
  Millis keep_alive_timeout{75'000};
  Millis tcp_keep_alive{30'000};

  OnDisconnect on_disconnect = OnDisconnect::kAbort;
  std::uint64_t drain_bytes_max = 1ULL << 20;  // kDrain: read on for accounting up to here …
  Millis drain_time_max{30'000};               // … or until then
  bool operator==(const ListenerSettings&) const = default;
};

struct UpstreamSettings {
  Millis connect_timeout{5'000};
  Millis first_byte_timeout{600'000};
  Millis idle_timeout{300'000};
  Millis tcp_keep_alive{30'000};
  Millis pool_idle_timeout{75'000};
  Millis pool_idle_timeout_same_pod{4'000};  // an engine closes idle connections early
  Millis pool_age_max{600'000};
  std::uint32_t pool_idle_max = 256;  // idle connections a worker and backend
  bool operator==(const UpstreamSettings&) const = default;
};

// Picodollars per token; nullopt is "unknown", never "free".
struct Rates {
  std::optional<std::int64_t> input;
  std::optional<std::int64_t> output;
  std::optional<std::int64_t> cache_read;
  std::optional<std::int64_t> cache_write_5m;
  std::optional<std::int64_t> cache_write_1h;
  std::optional<std::int64_t> input_audio;
  std::optional<std::int64_t> output_audio;
  bool operator==(const Rates&) const = default;
};

// Rates that replace the base ones once the whole input is longer than this many tokens.
struct PriceTier {
  std::int64_t context_over = 0;
  Rates rates;
  bool operator==(const PriceTier&) const = default;
};

struct Price {
  Rates base;
  std::vector<PriceTier> tiers;  // context_over strictly increasing
  bool operator==(const Price&) const = default;
};

struct BackendModel {
  std::string name;
  std::optional<Price> price;
  bool operator==(const BackendModel&) const = default;
};

struct BackendTls {
  std::optional<SecretKey> ca;  // PEM bundle; system CAs otherwise
  std::string server_name;      // SNI and verification; the URL's host when empty
  bool verify = true;
  bool operator==(const BackendTls&) const = default;
};

// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): in the order of the resource
struct Backend {
  std::string name;
  bool https = false;
  std::string host;  // name or address, without brackets
  std::uint16_t port = 0;
  std::string base_path;  // "" or "/openai/v1"-like prefix, no trailing slash
  DialectName dialect = DialectName::kOpenAi;
  std::vector<BackendModel> models;      // empty: takes every model
  std::optional<SecretKey> credentials;  // replaces the client's credential
  StreamUsage stream_usage = StreamUsage::kAuto;
  BackendTls tls;
  bool same_pod = false;  // the engine beside an injected sidecar
  bool operator==(const Backend&) const = default;
};

struct WeightedBackend {
  std::uint32_t backend = 0;  // index into ResolvedPolicy::backends
  std::uint32_t weight = 1;
  bool operator==(const WeightedBackend&) const = default;
};

// The first route that matches wins; the last one of a resolved policy always matches.
struct Route {
  std::vector<std::string> models;         // exact, or with one trailing '*'; empty: any
  std::vector<std::string> path_prefixes;  // empty: any
  // Lower-case name -> exact value; none: any.
  std::map<std::string, std::optional<std::string>> headers;
  std::vector<WeightedBackend> backends;
  std::vector<std::uint32_t> fallback;  // tried in order once the chosen one failed
  bool operator==(const Route&) const = default;
};

// A price file to import; path as the user wrote it.
struct PriceFile {
  using Format = api::PriceFileFormat;
  Format format = Format::kLiteLlm;
  std::string path;
  bool operator==(const PriceFile&) const = default;
};

struct MemoryTier {
  std::string name;  // "namespace/name" of the CacheTier
  std::uint64_t size_bytes = 256ULL << 20;
  Eviction eviction = Eviction::kS3Fifo;
  std::optional<Millis> ttl;  // caps the policy's ttl
  bool operator==(const MemoryTier&) const = default;
};

struct Caching {
  std::vector<MemoryTier> tiers;  // ordered; memory only, for now
  Millis ttl{300'000};
  std::uint32_t ttl_jitter_percent = 10;
  std::string tenant_header;  // lower case; empty: the credential is the tenant
  AnonymousTenant anonymous = AnonymousTenant::kBypass;
  bool share_across_tenants = false;
  std::vector<std::string> key_headers;  // lower case; further headers that change the answer
  SampledRequests sampled = SampledRequests::kCache;
  std::uint64_t entry_bytes_max = 8ULL << 20;
  ReplayPacing pacing = ReplayPacing::kNone;
  bool coalescing = true;
  std::uint32_t followers_max = 10'000;  // of one flight
  bool operator==(const Caching&) const = default;
};

struct Observability {
  double access_log_sampling = 1.0;     // 0 … 1
  std::uint32_t recent_requests = 200;  // kept for /api/requests
  bool operator==(const Observability&) const = default;
};

struct ResolvedPolicy {
  std::string name;  // "namespace/name"
  std::string hash;  // of every document that took part, hex
  Mode mode = Mode::kEnforce;
  ListenerSettings listener;
  UpstreamSettings upstream;
  std::optional<Caching> caching;
  std::vector<Backend> backends;
  std::vector<Route> routes;
  std::vector<PriceFile> price_files;
  Observability observability;
  bool delivered = false;  // by an operator, who asks for a proof of traffic
  bool operator==(const ResolvedPolicy&) const = default;
};

}  // namespace penstock::resolve
