#include "sidecar/stages/store.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "sidecar/domain/cache_control.h"
#include "sidecar/domain/media_type.h"
#include "sidecar/domain/sse_parser.h"
#include "sidecar/http1/head_writer.h"
#include "sidecar/request/worker_services.h"

namespace penstock::stages {
namespace {

// Status line and the header lines that belong to the answer, not to the exchange.
std::string stored_head(const http1::ResponseHead& head) {
  constexpr std::size_t kUsualBytes = 95;  // so that a type of content needs one allocation
  std::string lines;
  lines.reserve(kUsualBytes);
  http1::append_status_line(lines, head.status);
  for (const http1::HeaderField& field : head.fields) {
    if (domain::is_storable_header(field.name)) {
      http1::append_field(lines, field.name, field.value);
    }
  }
  return lines;
}

domain::ResponseCacheControl cache_control_of(const http1::ResponseHead& head) {
  domain::ResponseCacheControl control;
  for (const http1::HeaderField& field : head.fields) {
    if (field.id == http1::HeaderId::kCacheControl) {
      control.add(field.value);
    }
  }
  return control;
}

// When each event arrived, from when each piece of payload did.
std::vector<domain::StoredEvent> events_of(
    std::string_view body, const std::vector<request::KeptAnswer::Arrival>& arrivals) {
  std::vector<domain::StoredEvent> events;
  domain::SseParser parser;
  std::size_t end = 0;
  auto arrival = arrivals.begin();
  const auto add = [&](const domain::SseEvent& event) {
    end += event.raw.size();
    while (arrival != arrivals.end() && arrival->end < end) {
      ++arrival;
    }
    const std::uint32_t arrived = arrival == arrivals.end() ? 0 : arrival->after_ms;
    events.push_back({static_cast<std::uint32_t>(end), arrived});
  };
  parser.feed(body, add);
  if (end < body.size()) {
    events.push_back({static_cast<std::uint32_t>(body.size()), 0});
  }
  return events;
}

// A fallback's answer is given, not kept: its own backend is back before the answer is too old.
bool came_from_route(const request::CallContext& call) {
  if (call.policy->routes.empty()) {
    return true;
  }
  const auto& asked = call.policy->routes[call.route].backends;
  return std::ranges::find(asked, call.backend, &resolve::WeightedBackend::backend) != asked.end();
}

}  // namespace

StoreStage::StoreStage(const resolve::ResolvedPolicy& policy, Tiers tiers,
                       const domain::KeyHasher& hasher)
    : settings_(*policy.caching), tiers_(std::move(tiers)), hasher_(hasher), ttl_(settings_.ttl) {
  for (const resolve::MemoryTier& tier : settings_.tiers) {
    ttl_ = std::min(ttl_, tier.ttl.value_or(ttl_));
  }
}

pipeline::Verdict StoreStage::on_call(request::CallContext& /*call*/) noexcept {
  return pipeline::Verdict::kContinue;
}

void StoreStage::on_response(request::CallContext& call, const http1::ResponseHead& head) noexcept {
  const http1::HeaderField* type = head.find(http1::HeaderId::kContentType);
  const bool event_stream = type != nullptr && domain::is_event_stream(type->value);
  const domain::ResponseCacheControl control = cache_control_of(head);
  const domain::Millis ttl =
      control.max_age ? std::min<domain::Millis>(ttl_, *control.max_age) : ttl_;
  const bool storable = call.cache != nullptr && came_from_route(call) && head.status >= 200 &&
                        head.status < 300 && !head.has(http1::HeaderId::kContentEncoding) &&
                        !control.forbids_storing(event_stream) && ttl.count() > 0;
  if (!storable) {
    return;
  }
  call.kept = std::make_unique<request::KeptAnswer>();
  call.kept->ttl = ttl;
  call.kept->head = stored_head(head);
  call.keeps_text = call.embeddings != nullptr;
  if (!call.keeps_text) {
    call.kept->proof.emplace(domain::RequestBytes{call.cache->raw_scope, call.text->body()},
                             hasher_);
  }
}

// A batch is bounded by what each of its elements may take.
std::uint64_t StoreStage::bytes_max(const request::CallContext& call) const {
  const std::uint64_t most = settings_.entry_bytes_max;
  return call.embeddings == nullptr
             ? most
             : std::min<std::uint64_t>(most * call.embeddings->missing.size(),
                                       request::EmbeddingPlan::kAnswerBytesMax);
}

void StoreStage::on_payload(request::CallContext& call, std::string_view payload) noexcept {
  if (call.kept == nullptr) {
    return;
  }
  request::KeptAnswer& kept = *call.kept;
  kept.payload_bytes += payload.size();
  if (kept.payload_bytes > bytes_max(call)) {
    call.kept.reset();
    return;
  }
  // A flight keeps the payload itself, up to the size of one entry.
  if (call.flight == nullptr || call.embeddings != nullptr) {
    kept.payload.append(payload);
  }
  if (call.embeddings == nullptr && settings_.pacing == resolve::ReplayPacing::kRecorded) {
    const auto after = std::chrono::duration_cast<std::chrono::milliseconds>(
        call.worker.clock.now() - call.first_byte);
    kept.arrivals.push_back({kept.payload_bytes, static_cast<std::uint32_t>(after.count())});
  }
}

void StoreStage::on_complete(request::CallContext& call) noexcept {
  if (call.kept == nullptr || !call.summary.whole ||
      call.summary.ending != dialect::Ending::kComplete) {
    return;
  }
  if (call.embeddings != nullptr) {
    store_elements(call);
    return;
  }
  const std::shared_ptr<domain::CacheEntry> entry = new_entry(call);
  if (call.flight == nullptr) {
    entry->body = std::move(call.kept->payload);
  } else if (!call.flight->take_whole_payload(entry->body, entry)) {
    return;
  }
  store(call, entry);
}

// What every entry of a call has in common.
std::shared_ptr<domain::CacheEntry> StoreStage::new_entry(request::CallContext& call) const {
  auto entry = std::make_shared<domain::CacheEntry>();
  entry->tenant_hash = call.cache->tenant_hash;
  entry->endpoint = call.endpoint;
  entry->model = call.summary.response_model;
  entry->stored_at = call.ended;
  entry->expires_at =
      call.ended +
      domain::jittered_ttl(call.kept->ttl, settings_.ttl_jitter_percent, call.worker.random.next());
  return entry;
}

// `entry` has its body.
void StoreStage::store(request::CallContext& call,
                       const std::shared_ptr<domain::CacheEntry>& entry) const {
  entry->canonical = call.cache->canonical;
  entry->head = std::move(call.kept->head);
  entry->is_stream = call.reader != nullptr && call.reader->event_stream();
  entry->tells_usage = call.reader != nullptr && call.reader->usage().usage().has_value();
  entry->usage_on_demand = call.body_edit != nullptr || call.traits.wants_usage;
  if (entry->is_stream) {
    entry->events = events_of(entry->body, call.kept->arrivals);
  }
  entry->usage = call.summary.usage.value_or(domain::TokenUsage{});
  if (call.summary.price_known) {
    entry->cost_picodollars = call.summary.cost;
  }
  domain::KnownRequest request{std::move(*call.kept->proof), call.traits};
  bool stored = false;
  for (std::size_t i = 0; i < tiers_.size(); ++i) {
    const bool last = i + 1 == tiers_.size();
    stored = tiers_[i]->insert(entry, call.cache->raw,
                               last ? std::move(request) : domain::KnownRequest(request)) ||
             stored;
  }
  if (stored) {
    call.worker.metrics.cache_stored();
  }
}

// Each element as the answer to a call for it alone, with its share of what the call cost.
void StoreStage::store_elements(request::CallContext& call) {
  const std::vector<std::size_t>& asked = call.embeddings->missing;
  const auto answer = dialect::read_embeddings_answer(call.kept->payload, asked.size());
  // The body that was sent: it has the inputs that were missing, and no others.
  const bool matches =
      answer && embeddings_.read(call.text->body()) && embeddings_.size() == asked.size();
  if (!matches) {
    return;
  }
  std::vector<std::size_t> all(asked.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const domain::TokenUsage usage = call.summary.usage.value_or(domain::TokenUsage{});
  const std::vector<std::int64_t> tokens = embeddings_.shares(usage.input_total(), all);
  const std::vector<std::int64_t> costs = embeddings_.shares(call.summary.cost, all);
  bool stored = false;
  for (const std::size_t i : all) {
    const std::shared_ptr<domain::CacheEntry> entry = new_entry(call);
    entry->canonical = call.embeddings->keys[asked[i]];
    entry->head = call.kept->head;
    entry->body = dialect::embeddings_from_cache(entry->model, std::array{answer->elements[i]});
    entry->usage.input_uncached = tokens[i];
    entry->usage.estimated = usage.estimated || asked.size() > 1;
    if (call.summary.price_known) {
      entry->cost_picodollars = costs[i];
    }
    if (entry->body.size() > settings_.entry_bytes_max) {
      continue;
    }
    for (const auto& tier : tiers_) {
      stored = tier->insert(entry) || stored;
    }
  }
  if (stored) {
    call.worker.metrics.cache_stored();
  }
}

}  // namespace penstock::stages
