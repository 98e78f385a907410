#include "sidecar/stages/stored_answer.h"

#include "sidecar/dialect/fold.h"
#include "sidecar/dialect/usage_strip.h"
#include "sidecar/request/worker_services.h"

namespace penstock::stages {
namespace {

// Streams that carry their usage only if the client asked.
bool is_on_demand(domain::Operation operation) {
  return operation == domain::Operation::kChat || operation == domain::Operation::kCompletions;
}

// A stream without its usage is no answer to who asked for it, nor can it become an object.
bool lacks_usage(const domain::CacheEntry& entry, const domain::RequestTraits& wanted) {
  return entry.is_stream && !entry.tells_usage && is_on_demand(entry.endpoint.operation) &&
         (wanted.wants_usage || !wanted.stream);
}

}  // namespace

bool answer_from(const domain::EntryPtr& entry, const resolve::Caching& settings,
                 request::CallerContext& caller) {
  const domain::RequestTraits& wanted = caller.traits;
  if (lacks_usage(*entry, wanted)) {
    return false;
  }
  auto made = std::make_unique<request::Answer>();
  request::Answer& answer = *made;
  answer.entry = entry;
  answer.head = entry->head;
  answer.body = entry->body;
  if (entry->is_stream && wanted.stream) {
    answer.paced = settings.pacing == resolve::ReplayPacing::kRecorded;
    answer.strips_usage =
        !wanted.wants_usage && entry->usage_on_demand && is_on_demand(entry->endpoint.operation);
    if (answer.strips_usage && !answer.paced) {
      answer.owned_body = dialect::strip_usage(entry->body);
    }
  } else if (entry->is_stream != wanted.stream) {
    auto other = entry->is_stream
                     ? dialect::fold(entry->endpoint.operation, entry->body)
                     : dialect::unfold(entry->endpoint.operation, entry->body, wanted.wants_usage);
    if (!other) {
      return false;
    }
    answer.owned_body = std::move(*other);
    answer.head = wanted.stream ? request::Answer::kStreamHead : request::Answer::kJsonHead;
  }
  const clock::Instant now = caller.worker.clock.now();
  const auto whole_seconds = [](clock::Instant::duration time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time);
  };
  caller.cache_status = domain::CacheStatus{.outcome = domain::CacheStatus::Outcome::kHit,
                                            .ttl = whole_seconds(entry->expires_at - now)};
  caller.age = whole_seconds(now - entry->stored_at);
  caller.cache_state = request::CacheState::kHit;
  caller.answer = std::move(made);
  return true;
}

}  // namespace penstock::stages
