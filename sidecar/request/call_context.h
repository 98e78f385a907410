#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/clock/clock.h"
#include "lib/resolve/resolved_policy.h"
#include "sidecar/dialect/stream_options.h"
#include "sidecar/domain/backend_choice.h"
#include "sidecar/domain/cache_key.h"
#include "sidecar/domain/endpoint.h"
#include "sidecar/domain/request_traits.h"
#include "sidecar/http1/head.h"
#include "sidecar/request/answer.h"
#include "sidecar/request/answer_reader.h"
#include "sidecar/request/cache_plan.h"
#include "sidecar/request/call_summary.h"
#include "sidecar/request/embedding_plan.h"
#include "sidecar/request/flight.h"
#include "sidecar/request/request_text.h"

namespace penstock::request {

struct WorkerServices;

// An answer that is being kept for the cache, from its head on.
struct KeptAnswer {
  struct Arrival {
    std::uint64_t end = 0;       // payload bytes that were there …
    std::uint32_t after_ms = 0;  // … this long after the first byte
  };
  domain::Millis ttl{0};
  std::string head;
  std::string payload;  // where no flight keeps it
  std::uint64_t payload_bytes = 0;
  std::vector<Arrival> arrivals;  // recorded only for paced replay
  // By which the request will be known again; not set for a batch of embeddings.
  std::optional<domain::RequestProof> proof;
};

// One call of an upstream, with all its attempts. Lives in the session's frame while it serves that
// caller alone, or with a flight that any number of callers share.
//
// Threads: the worker that started it.
struct CallContext {
  CallContext(WorkerServices& on_worker, std::shared_ptr<const resolve::ResolvedPolicy> pinned)
      : worker(on_worker), policy(std::move(pinned)) {}

  WorkerServices& worker;
  std::shared_ptr<const resolve::ResolvedPolicy> policy;

  // What to ask.
  RequestTextPool::Taken text;  // until the answer's head is here, or as long as `keeps_text`
  domain::Endpoint endpoint;
  bool readable = false;         // the body was read: facts are in the text
  bool identity_coding = false;  // ask for an unencoded answer: it will be stored or shared
  bool keeps_text = false;       // a stage still needs the text when the answer is complete
  // Set by the route stage for each attempt, as is what stands below. All flags are here, where
  // they take no room of their own: every idle stream holds one of these.
  bool send_client_credential : 1 = true;
  bool send_cookies : 1 = true;
  bool keep_backend : 1 = false;  // the next attempt goes to the same backend, with another request
  bool asked_again : 1 = false;   // the one attempt more for several callers was made
  // No other attempt can follow: nobody waits for its answer, or the body cannot be sent again.
  bool last_attempt : 1 = false;
  // As it seems: the next attempt goes to the same backend without it. Of that one attempt only.
  bool usage_option_refused : 1 = false;
  domain::RequestTraits traits;
  std::uint64_t request_bytes = 0;  // of the body

  // Set by the route stage for each attempt.
  std::uint32_t backend = 0;
  std::uint32_t route = 0;  // index into policy->routes
  domain::BackendChoice choice;
  std::optional<domain::BackendChoice> next_choice;  // of the attempt that on_attempt() asked for
  std::unique_ptr<domain::BackendSet> backends_failed;  // null: none so far
  std::string_view
      error_body;  // of a 400 that may complain about body_edit; set while attempts are judged

  // Set by the usage stage where the caller did not ask for usage and we do.
  std::unique_ptr<const dialect::Edit> body_edit;

  // The answer, as far as it is read. Empty where nobody observes it.
  std::unique_ptr<AnswerReader> reader;
  std::unique_ptr<CachePlan> cache;                 // of a request whose answer may be stored
  std::shared_ptr<const EmbeddingPlan> embeddings;  // of a batch of them
  std::shared_ptr<Flight> flight;                   // where the answer is shared
  std::unique_ptr<KeptAnswer> kept;                 // where it will be stored

  clock::Instant started;
  clock::Instant sent;  // of the last attempt
  clock::Instant first_byte;
  clock::Instant ended;            // from on_complete() on
  std::optional<Refusal> refusal;  // no response could be had; what the callers are told
  CallSummary summary;

  void note_failure(std::string reason) {
    summary.failure = std::make_shared<const std::string>(std::move(reason));
  }
  // `client_message` is static text.
  void refuse(ErrorCode code, std::string_view client_message) {
    refusal = Refusal{.client_message = client_message, .code = code};
  }
};

// How an attempt ended, for backend health and fallback.
enum class AttemptResult : std::uint8_t {
  kAnswered,     // a response head came, whatever its status
  kUnreachable,  // no connection
  kBroken,       // the connection ended before a response head
  kTimedOut,
  kAborted,  // nobody wanted the answer any more
};

}  // namespace penstock::request
