#include "sidecar/stages/stored_answer.h"

#include "sidecar/dialect/fold.h"
#include "sidecar/dialect/usage_strip.h"
#include "sidecar/request/worker_services.h"

namespace penstock::stages {
namespace {

// Streams that carry their usage only if the client asked.
bool tells_usage_on_demand(domain::Operation operation) {
  return operation == domain::Operation::kChat || operation == domain::Operation::kCompletions;
}

}  // namespace

bool answer_from(const domain::EntryPtr& entry, const resolve::Caching& settings,
                 request::CallerContext& caller) {
  request::Answer answer;
  answer.entry = entry;
  answer.head = entry->head;
  answer.body = entry->body;
  const bool wants_usage = caller.facts.include_usage.value_or(false);
  if (entry->is_stream && caller.facts.stream) {
    answer.paced = settings.pacing == resolve::ReplayPacing::kRecorded;
    answer.strips_usage = !wants_usage && tells_usage_on_demand(entry->endpoint.operation);
    if (answer.strips_usage && !answer.paced) {
      answer.owned_body = dialect::strip_usage(entry->body);
    }
  } else if (entry->is_stream != caller.facts.stream) {
    auto other = entry->is_stream
                     ? dialect::fold(entry->endpoint.operation, entry->body)
                     : dialect::unfold(entry->endpoint.operation, entry->body, wants_usage);
    if (!other) {
      return false;
    }
    answer.owned_body = std::move(*other);
    answer.head = caller.facts.stream ? request::Answer::kStreamHead : request::Answer::kJsonHead;
  }
  const clock::Instant now = caller.worker.clock.now();
  const auto whole_seconds = [](clock::Instant::duration time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time);
  };
  caller.cache_status = domain::CacheStatus{.outcome = domain::CacheStatus::Outcome::kHit,
                                            .ttl = whole_seconds(entry->expires_at - now)};
  caller.age = whole_seconds(now - entry->stored_at);
  request::RequestRecord& record = caller.record;
  record.cache = request::CacheState::kHit;
  record.response_model = entry->model;
  record.usage = entry->usage;
  record.usage_known = true;
  record.saved_cost = entry->cost_picodollars.value_or(0);
  caller.answer = std::move(answer);
  return true;
}

}  // namespace penstock::stages
