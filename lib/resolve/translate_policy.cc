#include <optional>
#include <string>
#include <string_view>

#include "lib/json/ascii.h"
#include "lib/resolve/translate.h"

namespace penstock::resolve {
namespace {

std::optional<SecretKey> secret_key(const std::optional<api::SecretKeyRef>& ref) {
  return ref ? std::optional(SecretKey{ref->name, ref->key}) : std::nullopt;
}

ListenerTls listener_tls(const api::ListenerTlsSpec& spec) {
  const auto by_default =
      spec.client_ca_ref ? ClientCertificates::kRequire : ClientCertificates::kNone;
  return ListenerTls{.certificate_secret = spec.certificate_ref.name,
                     .client_ca = secret_key(spec.client_ca_ref),
                     .client_certificates = spec.client_certificates.value_or(by_default)};
}

ListenerSettings listener_settings(const api::ListenerSpec& spec) {
  ListenerSettings settings;
  if (spec.tls) {
    settings.tls = listener_tls(*spec.tls);
  }
  settings.client_keys = secret_key(spec.authentication.keys_ref);
  settings.allow_anonymous = spec.authentication.allow_anonymous;
  settings.connections_max = spec.limits.connections.value_or(0);
  settings.requests_in_flight_max = spec.limits.requests_in_flight.value_or(0);
  settings.header_lines_max = spec.limits.header_lines;
  settings.head_bytes_max = static_cast<std::uint32_t>(spec.limits.head_bytes.value);
  settings.collected_body_bytes_max = spec.limits.collected_body.value;
  settings.collected_total_bytes_max = spec.limits.collected_total.value;
  settings.oversized_body = spec.limits.oversized_body;
  settings.head_timeout = spec.timeouts.head;
  settings.body_timeout = spec.timeouts.body;
  settings.keep_alive_timeout = spec.timeouts.keep_alive;
  settings.tcp_keep_alive = spec.timeouts.tcp_keep_alive;
  settings.on_disconnect = spec.on_disconnect.action;
  settings.drain_bytes_max = spec.on_disconnect.max_bytes.value;
  settings.drain_time_max = spec.on_disconnect.max_time;
  return settings;
}

UpstreamSettings upstream_settings(const api::UpstreamSpec& spec) {
  UpstreamSettings settings;
  settings.connect_timeout = spec.timeouts.connect;
  settings.first_byte_timeout = spec.timeouts.first_byte;
  settings.idle_timeout = spec.timeouts.idle;
  settings.tcp_keep_alive = spec.timeouts.tcp_keep_alive;
  if (spec.pool.idle_timeout) {
    settings.pool_idle_timeout = *spec.pool.idle_timeout;
    settings.pool_idle_timeout_same_pod = *spec.pool.idle_timeout;
  }
  settings.pool_age_max = spec.pool.max_age;
  settings.pool_idle_max = spec.pool.max_idle;
  return settings;
}

Caching caching_settings(const api::CachingSpec& spec) {
  Caching caching;
  caching.ttl = spec.ttl;
  caching.ttl_jitter_percent = spec.ttl_jitter_percent;
  caching.tenant_header = json::lower_ascii(spec.tenant.header.value_or(""));
  caching.anonymous = spec.tenant.anonymous;
  caching.share_across_tenants = spec.tenant.sharing == api::TenantSharing::kAll;
  for (const std::string& header : spec.key.headers) {
    caching.key_headers.push_back(json::lower_ascii(header));
  }
  caching.sampled = spec.sampled;
  caching.entry_bytes_max = spec.max_entry.value;
  caching.pacing = spec.replay.pacing;
  caching.coalescing = spec.coalescing.enabled;
  caching.followers_max = spec.coalescing.max_followers;
  return caching;
}

}  // namespace

void translate_policy(const api::OptimizationPolicySpec& spec, ResolvedPolicy& resolved) {
  resolved.mode = spec.mode;
  resolved.listener = listener_settings(spec.listener);
  resolved.upstream = upstream_settings(spec.upstream);
  if (spec.caching) {
    resolved.caching = caching_settings(*spec.caching);
  }
  resolved.observability.access_log_sampling = spec.observability.access_log.sampling_percent / 100;
  resolved.observability.recent_requests = spec.observability.recent_requests;
}

}  // namespace penstock::resolve
