#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/clock/clock.h"
#include "lib/resolve/resolved_policy.h"
#include "lib/result/result.h"
#include "sidecar/dialect/request_facts.h"
#include "sidecar/domain/bypass_reason.h"
#include "sidecar/domain/cache_control.h"
#include "sidecar/domain/endpoint.h"
#include "sidecar/http1/head.h"
#include "sidecar/request/answer.h"
#include "sidecar/request/cache_plan.h"
#include "sidecar/request/embedding_plan.h"
#include "sidecar/request/flight.h"
#include "sidecar/request/request_record.h"
#include "sidecar/request/request_text.h"

namespace penstock::request {

struct WorkerServices;

// What the connection a request came on proved about its peer; remembered from request to request.
struct ConnectionPeer {
  std::string certificate_subject;  // verified client certificate; empty: none

  // The last credential seen here and the tenant it stands for: most connections carry one
  // credential for life.
  std::string credential;
  std::string tenant_source;  // what the tenant was derived from
  std::string tenant;
  bool credential_accepted = false;
  std::string policy_hash;  // of the policy that judged it
};

// One caller's request from its head to its last byte. Owned by the session; dies with the request.
//
// Threads: the session's worker.
struct CallerContext {
  CallerContext(WorkerServices& on_worker, ConnectionPeer& on_peer,
                std::shared_ptr<const resolve::ResolvedPolicy> pinned)
      : worker(on_worker), peer(on_peer), policy(std::move(pinned)) {}

  WorkerServices& worker;
  ConnectionPeer& peer;
  // The snapshot this request started with; a reload does not change it.
  std::shared_ptr<const resolve::ResolvedPolicy> policy;

  clock::Instant started;
  RequestText text;  // head and collected body
  domain::Endpoint endpoint;
  dialect::RequestFacts facts;  // facts.ok is false where no body was read

  // Found out on the way.
  std::string tenant;       // empty: none
  std::string traceparent;  // to send upstream
  std::optional<domain::BypassReason> bypass;
  std::size_t route = 0;  // index into policy->routes; set by the cache stage
  CachePlan cache;
  std::shared_ptr<const EmbeddingPlan> embeddings;  // of a batch of them
  std::optional<domain::CacheStatus>
      cache_status;                         // for the Cache-Status field; empty: none is sent
  std::optional<std::chrono::seconds> age;  // of a stored answer
  std::shared_ptr<Flight> flight;           // joined or led
  Flight::Caller flight_caller;
  bool leads_flight = false;

  // What ends the request without an upstream call: an answer of our own or a refusal.
  std::optional<Answer> answer;
  std::optional<Refusal> refusal;

  RequestRecord record;

  // Every stage's way to say no.
  void refuse(ErrorCode code, std::string_view client_message) {
    refusal = Refusal{code, std::string(client_message)};
  }
};

}  // namespace penstock::request
