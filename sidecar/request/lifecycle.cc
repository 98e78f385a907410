#include "sidecar/request/lifecycle.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/random/split_mix64.h"
#include "sidecar/domain/traceparent.h"
#include "sidecar/request/worker_services.h"

namespace penstock::request {
namespace {

std::string_view without_query(std::string_view path) {
  return path.substr(0, path.find('?'));
}

void assign_id(RequestRecord& record, random::SplitMix64& random) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<char, 16> id;
  std::uint64_t bits = random.next();
  for (char& digit : id) {
    digit = kDigits[bits & 0xFU];
    bits >>= 4U;
  }
  record.id = std::string_view(id.data(), id.size());
}

// Only a trace that the client began goes on: a new one would be unsampled, and silence an engine
// that samples.
void continue_trace(CallerContext& caller) {
  const http1::HeaderField* field = caller.text->head.find(http1::HeaderId::kTraceparent);
  if (field == nullptr || !domain::parse_traceparent(field->value)) {
    return;
  }
  random::SplitMix64& random = caller.worker.random;
  const domain::TraceParent parent =
      domain::continue_trace(field->value, {random.next(), random.next(), random.next()});
  domain::append_traceparent(caller.text->traceparent, parent);
  caller.trace_id = parent.trace();
}

void add_timing(const CallerContext& caller, RequestRecord& record) {
  const clock::Instant now = caller.worker.clock.now();
  record.timing = caller.timing;
  record.timing.total = std::chrono::duration_cast<Micros>(now - caller.started);
  if (caller.cache_state == CacheState::kCollapsed || caller.waits_unknown) {
    return;  // how long it waited for the other caller's answer is not known beyond its head
  }
  Micros waited = std::max(record.timing.queue, Micros{0});
  if (record.timing.upstream != RequestTiming::kUnmeasured) {
    waited = record.timing.upstream;
  }
  waited += caller.waited_for_others;
  record.timing.overhead = std::max(record.timing.total - waited, Micros{0});
}

// What was answered from memory is worth what it cost when it was made.
void add_stored_answer(const CallerContext& caller, RequestRecord& record) {
  const domain::CacheEntry& entry = *caller.answer->entry;
  record.response_model = entry.model;
  record.usage_known = true;
  if (caller.embeddings == nullptr) {
    record.usage = entry.usage;
    record.saved_cost = entry.cost_picodollars.value_or(0);
  } else {
    record.usage.input_uncached = caller.embeddings->saved_tokens;
    record.usage.estimated = true;
    record.saved_cost = caller.embeddings->saved_cost;
  }
}

void add_call(const CallerContext& caller, RequestRecord& record) {
  const CallSummary& summary = *caller.summary;
  record.paid = caller.paid;
  record.upstream_attempts = caller.paid ? summary.attempts : 0;
  record.backend = summary.backend_name.view();
  record.response_model = summary.response_model;
  record.upstream_failure = summary.failure == nullptr ? std::string_view() : *summary.failure;
  if (summary.usage) {
    record.usage = *summary.usage;
    record.usage_known = true;
  }
  record.unpriced_reason = summary.unknown_price_reason;
  record.price_version = summary.price_version.view();
  record.cost_known = summary.price_known && caller.paid;
  record.cost = record.cost_known ? summary.cost : 0;
  record.saved_cost = summary.price_known && !caller.paid ? summary.cost : 0;
  const bool succeeded = summary.whole && summary.status >= 200 && summary.status < 300;
  if (caller.embeddings != nullptr && succeeded) {
    record.saved_cost += caller.embeddings->saved_cost;
    record.saved_tokens = caller.embeddings->saved_tokens;
  }
}

}  // namespace

void begin(CallerContext& caller) {
  const http1::RequestHead& head = caller.text->head;
  caller.started_at = caller.worker.clock.wall_now();
  caller.method = head.method;
  caller.path = without_query(head.path);
  continue_trace(caller);
}

void hand_over(CallerContext& caller, CallContext& call) {
  call.readable = caller.facts().ok;
  call.traits = caller.traits;
  call.text = std::move(caller.text);
  call.endpoint = caller.endpoint;
  call.cache = std::move(caller.cache);
  call.embeddings = caller.embeddings;
  call.identity_coding = call.cache != nullptr;  // stored and shared answers are unencoded
  const bool asks_for_less = caller.embeddings != nullptr && caller.embeddings->partial();
  call.request_bytes = asks_for_less ? call.text->body().size() : caller.bytes_in;
}

void take_summary(CallerContext& caller, CallSummary summary, bool paid) {
  RequestTiming& timing = caller.timing;
  if (caller.cache_state != CacheState::kCollapsed) {
    timing.upstream = summary.total;
    timing.queue = summary.queue;
    if (!summary.connection_reused) {
      timing.connect = summary.connect;
    }
  }
  if (summary.first_token_at) {
    timing.first_token =
        std::chrono::duration_cast<Micros>(*summary.first_token_at - caller.started);
  }
  caller.summary = std::make_unique<const CallSummary>(std::move(summary));
  caller.paid = paid;
}

RequestRecord record_of(CallerContext& caller) {
  if (!caller.traits_known && caller.text != nullptr) {
    static_cast<void>(caller.facts());  // of a request that was refused before anybody asked
  }
  RequestRecord record;
  assign_id(record, caller.worker.random);
  record.started_at = caller.started_at;
  record.method = caller.method.view();
  record.path = caller.path.view();
  record.endpoint = caller.endpoint;
  record.model = caller.traits.model;
  record.stream = caller.traits.stream;
  record.tenant = caller.tenant;
  record.trace_id = caller.trace_id.view();
  record.policy_hash = caller.policy->hash;
  record.status = caller.status;
  record.cache = caller.cache_state;
  record.disconnect = caller.disconnect;
  record.bytes_in = caller.bytes_in;
  record.bytes_out = caller.bytes_out;
  if (caller.cache_state == CacheState::kBypass && caller.bypass) {
    record.bypass_reason = domain::label(*caller.bypass);
  }
  if (caller.refusal) {
    record.error = label(caller.refusal->code);
  }
  add_timing(caller, record);
  if (caller.answer != nullptr && caller.answer->entry != nullptr) {
    add_stored_answer(caller, record);
  } else if (caller.summary != nullptr) {
    add_call(caller, record);
  }
  return record;
}

}  // namespace penstock::request
