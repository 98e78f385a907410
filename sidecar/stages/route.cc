#include "sidecar/stages/route.h"

#include <algorithm>

#include "sidecar/request/worker_services.h"
#include "sidecar/stages/header_values.h"

namespace penstock::stages {
namespace {

bool takes(const resolve::Backend& backend, std::string_view model) {
  return backend.models.empty() || model.empty() ||
         std::ranges::any_of(backend.models, [model](const auto& offered) {
           return domain::matches_model(offered.name, model);
         });
}

// What this call cannot or need not ask: backends without its model, and those it tried.
domain::BackendSet excluded(const request::CallContext& call) {
  domain::BackendSet set =
      call.backends_failed == nullptr ? domain::BackendSet() : *call.backends_failed;
  for (std::size_t i = 0; i < call.policy->backends.size(); ++i) {
    if (!takes(call.policy->backends[i], call.traits.model)) {
      set.set(i);
    }
  }
  return set;
}

// What the client says of itself goes to the place it was meant for: the route's first backend, and
// others at the same address.
bool meant_for(const request::CallContext& call, std::uint32_t backend) {
  const resolve::Route& route = call.policy->routes[call.route];
  const auto& backends = call.policy->backends;
  const resolve::Backend& first = backends[route.backends.front().backend];
  return backends[backend].host == first.host && backends[backend].port == first.port &&
         backends[backend].https == first.https;
}

// Worth asking somebody else: overloaded, out of order, or gone.
bool fails_over(int status) {
  return status == 429 || status == 500 || status == 502 || status == 503 || status == 504 ||
         status == 529;
}

domain::BackendOutcome outcome_of(request::AttemptResult result, const http1::ResponseHead* head) {
  switch (result) {
    case request::AttemptResult::kAnswered:
      if (head->status == 429 || head->status == 529) {
        return domain::BackendOutcome::kNothing;
      }
      return head->status >= 500 ? domain::BackendOutcome::kFailure
                                 : domain::BackendOutcome::kSuccess;
    case request::AttemptResult::kAborted: return domain::BackendOutcome::kNothing;
    case request::AttemptResult::kUnreachable:
    case request::AttemptResult::kBroken:
    case request::AttemptResult::kTimedOut: return domain::BackendOutcome::kFailure;
  }
  return domain::BackendOutcome::kNothing;
}

// Where several callers share the call, each would ask again: it is done once for all of them. A
// backend that says when to come back is not asked before.
bool asks_again_for_all(const request::CallContext& call, request::AttemptResult result,
                        const http1::ResponseHead* head) {
  if (call.asked_again || call.flight == nullptr || call.flight->callers() < 2) {
    return false;
  }
  if (result == request::AttemptResult::kAnswered) {
    return head->status >= 500 && !head->has(http1::HeaderId::kRetryAfter);
  }
  return result != request::AttemptResult::kTimedOut;
}

}  // namespace

RouteStage::RouteStage(const resolve::ResolvedPolicy& policy, domain::Instant now,
                       BackendBoard& board)
    : chooser_(policy.backends.size()), retries_(now), board_(board) {}

void RouteStage::record(const domain::BackendChoice& choice, domain::BackendOutcome outcome,
                        domain::Instant now) {
  const std::uint32_t backend = choice.backend;
  chooser_.record(choice, outcome, now);
  const bool out = chooser_.health(backend) != domain::BackendHealth::kHealthy;
  if (out != out_of_use_.test(backend)) {
    out_of_use_.flip(backend);
    out ? board_.take_out(backend) : board_.put_back(backend);
  }
}

std::optional<domain::BackendChoice> RouteStage::choose(request::CallContext& call,
                                                        domain::Instant now) {
  const resolve::Route& route = call.policy->routes[call.route];
  const std::uint64_t random = call.worker.random.next();
  return call.summary.attempts == 0 ? chooser_.choose(route, excluded(call), random, now)
                                    : chooser_.choose_next(route, excluded(call), random, now);
}

pipeline::Verdict RouteStage::on_call(request::CallContext& call) noexcept {
  if (call.keep_backend) {
    call.keep_backend = false;
    return pipeline::Verdict::kContinue;
  }
  if (call.next_choice) {
    call.choice = *std::exchange(call.next_choice, std::nullopt);
  } else {
    retries_.on_request();
    call.route = match_route(*call.policy, call.traits.model, call.text->head);
    const auto choice = choose(call, call.started);
    if (!choice) {
      call.refuse(ErrorCode::kNoBackend, "No model backend takes this request.");
      return pipeline::Verdict::kRespond;
    }
    call.choice = *choice;
  }
  call.backend = call.choice.backend;
  call.send_cookies = meant_for(call, call.backend);
  // Keys that the listener checked were never meant for a backend.
  call.send_client_credential = call.send_cookies && !call.policy->listener.client_keys;
  call.summary.backend = call.backend;
  call.summary.backend_name = call.policy->backends[call.backend].name;
  return pipeline::Verdict::kContinue;
}

bool RouteStage::on_attempt(request::CallContext& call, request::AttemptResult result,
                            const http1::ResponseHead* head) noexcept {
  // An answer's arrival was timed already.
  const domain::Instant now =
      result == request::AttemptResult::kAnswered ? call.first_byte : call.worker.clock.now();
  record(call.choice, outcome_of(result, head), now);
  const bool failed = result == request::AttemptResult::kAnswered
                          ? fails_over(head->status)
                          : result != request::AttemptResult::kAborted;
  if (!failed || call.last_attempt) {
    return false;
  }
  if (call.backends_failed == nullptr) {
    call.backends_failed = std::make_unique<domain::BackendSet>();
  }
  call.backends_failed->set(call.backend);
  call.next_choice = choose(call, now);
  if (!call.next_choice && asks_again_for_all(call, result, head)) {
    call.asked_again = true;
    call.next_choice = domain::BackendChoice{.backend = call.backend};
  }
  if (call.next_choice && !retries_.try_retry(now)) {
    record(*call.next_choice, domain::BackendOutcome::kNothing, now);
    call.next_choice.reset();
  }
  return call.next_choice.has_value();
}

}  // namespace penstock::stages
