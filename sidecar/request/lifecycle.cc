#include "sidecar/request/lifecycle.h"

#include <array>

#include "sidecar/domain/traceparent.h"
#include "sidecar/request/worker_services.h"

namespace penstock::request {
namespace {

std::string_view without_query(std::string_view path) {
  return path.substr(0, path.find('?'));
}

void assign_id(RequestRecord& record, Random& random) {
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
  const http1::HeaderField* field = caller.text.head.find(http1::HeaderId::kTraceparent);
  if (field == nullptr || !domain::parse_traceparent(field->value)) {
    return;
  }
  Random& random = caller.worker.random;
  const domain::TraceParent parent =
      domain::continue_trace(field->value, {random.next(), random.next(), random.next()});
  domain::append_traceparent(caller.traceparent, parent);
  caller.record.trace_id = parent.trace();
}

}  // namespace

void begin_record(CallerContext& caller) {
  RequestRecord& record = caller.record;
  const http1::RequestHead& head = caller.text.head;
  assign_id(record, caller.worker.random);
  record.started_at = caller.worker.clock.wall_now();
  record.method = head.method;
  record.path = without_query(head.path);
  record.endpoint = caller.endpoint;
  record.policy_hash = caller.policy->hash;
  continue_trace(caller);
}

void hand_over(CallerContext& caller, CallContext& call) {
  call.text = std::move(caller.text);
  call.endpoint = caller.endpoint;
  call.facts = caller.facts;
  call.model = caller.facts.model;
  call.traceparent = caller.traceparent;
  call.cache = caller.cache;
  call.embeddings = caller.embeddings;
  call.identity_coding = caller.cache.cacheable;  // stored and shared answers are unencoded
  const bool asks_for_less = caller.embeddings != nullptr && caller.embeddings->partial();
  call.request_bytes = asks_for_less ? call.text.body().size() : caller.record.bytes_in;
}

void take_summary(CallerContext& caller, const CallSummary& summary, bool paid) {
  RequestRecord& record = caller.record;
  record.upstream_attempts = paid ? summary.attempts : 0;
  record.backend = summary.backend_name;
  record.response_model = summary.response_model;
  if (paid) {
    record.timing.upstream = summary.total;
    if (!summary.connection_reused) {
      record.timing.connect = summary.connect;
    }
  }
  if (summary.first_token_at) {
    record.timing.first_token =
        std::chrono::duration_cast<Micros>(*summary.first_token_at - caller.started);
  }
  if (summary.usage) {
    record.usage = *summary.usage;
    record.usage_known = true;
  }
  record.unpriced_reason = summary.unknown_price_reason;
  record.price_version = summary.price_version;
  record.cost_known = summary.price_known && paid;
  record.cost = record.cost_known ? summary.cost : 0;
  record.saved_cost = summary.price_known && !paid ? summary.cost : 0;
  const bool succeeded = summary.whole && summary.status >= 200 && summary.status < 300;
  if (caller.embeddings != nullptr && succeeded) {
    record.saved_cost += caller.embeddings->saved_cost;
    record.saved_tokens = caller.embeddings->saved_tokens;
  }
}

}  // namespace penstock::request
