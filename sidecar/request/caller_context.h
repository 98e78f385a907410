#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/clock/clock.h"
#include "lib/digest/digest.h"
#include "lib/resolve/resolved_policy.h"
#include "lib/result/result.h"
#include "sidecar/dialect/request_facts.h"
#include "sidecar/domain/bypass_reason.h"
#include "sidecar/domain/cache_control.h"
#include "sidecar/domain/endpoint.h"
#include "sidecar/domain/request_traits.h"
#include "sidecar/http1/head.h"
#include "sidecar/request/answer.h"
#include "sidecar/request/cache_plan.h"
#include "sidecar/request/call_summary.h"
#include "sidecar/request/embedding_plan.h"
#include "sidecar/request/flight.h"
#include "sidecar/request/inline_text.h"
#include "sidecar/request/request_record.h"
#include "sidecar/request/request_text.h"

namespace penstock::request {

struct WorkerServices;

// What the connection a request came on proved about its peer; remembered from request to request.
struct ConnectionPeer {
  std::string certificate_subject;  // verified client certificate; empty: none

  // What was last shown here and the tenant it stands for: most connections carry the same for
  // life.
  struct Known {
    std::string shown;          // every credential and cookie
    std::string tenant_source;  // what the tenant was derived from
    std::string tenant;
    std::uint64_t upstream_identity = 0;  // a keyed hash of what a backend knows the caller by
    bool credential_accepted = false;
    digest::Digest judged_by;  // what judged it: other keys, or rules, judge anew
  };
  std::unique_ptr<Known> known;  // null: none was asked for
};

// One caller's request from its head to its last byte. Owned by the session; dies with the request.
//
// It outlives the request's text by as long as the answer takes: what a stream holds while nothing
// is said is mostly this, so big things that come late or leave early stand behind a pointer.
//
// Threads: the session's worker.
struct CallerContext {
  CallerContext(WorkerServices& on_worker, ConnectionPeer& on_peer,
                std::shared_ptr<const resolve::ResolvedPolicy> pinned);

  WorkerServices& worker;
  ConnectionPeer& peer;
  // The snapshot this request started with; a reload does not change it.
  std::shared_ptr<const resolve::ResolvedPolicy> policy;

  clock::Instant started;
  std::chrono::system_clock::time_point started_at;
  RequestTextPool::Taken text;  // head and collected body, until the call takes them over
  domain::Endpoint endpoint;
  bool body_collected = false;  // the body is in `text`, whole

  // What the record will say of the text, when that is gone.
  InlineText<8> method;
  InlineText<63> path;      // without the query
  InlineText<32> trace_id;  // of the trace that the client began

  // Found out on the way.
  bool traits_known : 1 = false;
  bool leads_flight : 1 = false;
  bool waits_unknown : 1 = false;  // while its client was waited for, its call went on
  CacheState cache_state = CacheState::kNone;
  domain::RequestTraits traits;
  std::string_view tenant;  // the peer's; empty: none
  std::optional<domain::BypassReason> bypass;
  std::uint32_t route = 0;  // index into policy->routes; set by the cache stage
  std::unique_ptr<CachePlan>
      cache;  // of a request that may be cached, until the call takes it over
  std::shared_ptr<const EmbeddingPlan> embeddings;  // of a batch of them
  std::optional<domain::CacheStatus>
      cache_status;                         // for the Cache-Status field; empty: none is sent
  std::optional<std::chrono::seconds> age;  // of a stored answer
  std::shared_ptr<Flight> flight;           // joined or led
  Flight::Caller flight_caller;

  // What ends the request without an upstream call: an answer of our own or a refusal.
  std::unique_ptr<Answer> answer;
  std::optional<Refusal> refusal;

  // How it went.
  std::unique_ptr<const CallSummary> summary;  // of the call that answered it, once that is over
  std::uint16_t status = 0;                    // what the client got; 0: nothing yet
  bool paid = false;                           // the call is booked on this caller
  Disconnect disconnect = Disconnect::kNone;
  // Half a day finds room in it.
  using Wait = std::chrono::duration<std::uint32_t, std::ratio<1, 100'000>>;
  Wait waited_for_others{0};    // beside the upstream: for the client, or for a replay's pace
  std::uint64_t bytes_in = 0;   // of the client's body
  std::uint64_t bytes_out = 0;  // of the answer's payload
  RequestTiming timing;

  // What the body says, read at the first call; nothing, with ok false, where no body was collected
  // or it is no model call's. REQUIRES: text.
  const dialect::RequestFacts& facts();
  // Where a stage has read the body for its own purpose. REQUIRES: text.
  void learn(dialect::RequestFacts&& facts);

  // Every stage's way to say no. `client_message` is static text.
  void refuse(ErrorCode code, std::string_view client_message) {
    refusal = Refusal{.client_message = client_message, .code = code};
  }
};

}  // namespace penstock::request
