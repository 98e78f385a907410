#include "sidecar/stages/route.h"

#include <algorithm>

#include "sidecar/domain/route_match.h"
#include "sidecar/request/worker_services.h"

namespace penstock::stages {
namespace {

bool takes(const resolve::Backend& backend, std::string_view model) {
  return backend.models.empty() || model.empty() ||
         std::ranges::any_of(backend.models,
                             [model](const auto& offered) { return offered.name == model; });
}

bool tried(const request::CallContext& call, std::uint32_t backend) {
  return backend < 64 && ((call.backends_tried >> backend) & 1U) != 0;
}

bool usable(const request::CallContext& call, std::uint32_t backend) {
  return !tried(call, backend) && takes(call.policy->backends[backend], call.model);
}

std::size_t match(const request::CallContext& call) {
  const http1::RequestHead& head = call.text.head;
  const auto header = [&head](std::string_view name) {
    const auto found = std::ranges::find_if(head.fields, [name](const http1::HeaderField& field) {
      return http1::equals_ignoring_case(field.name, name);
    });
    return found == head.fields.end() ? std::string_view{} : found->value;
  };
  return domain::match_route(*call.policy, call.model, head.path, header);
}

// The client's own credential goes to the place it was meant for: the route's first backend, and
// others at the same address. Keys that the listener checked were never meant for a backend.
bool meant_for(const request::CallContext& call, std::uint32_t backend) {
  if (call.policy->listener.client_keys) {
    return false;
  }
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

}  // namespace

std::optional<std::uint32_t> RouteStage::choose(const request::CallContext& call,
                                                std::uint64_t random) {
  const resolve::Route& route = call.policy->routes[call.route];
  std::uint64_t total = 0;
  for (const resolve::WeightedBackend& candidate : route.backends) {
    total += usable(call, candidate.backend) ? candidate.weight : 0;
  }
  if (total > 0) {
    std::uint64_t at = random % total;
    for (const resolve::WeightedBackend& candidate : route.backends) {
      const std::uint64_t weight = usable(call, candidate.backend) ? candidate.weight : 0;
      if (at < weight) {
        return candidate.backend;
      }
      at -= weight;
    }
  }
  const auto fallback = std::ranges::find_if(
      route.fallback, [&call](std::uint32_t backend) { return usable(call, backend); });
  return fallback == route.fallback.end() ? std::nullopt : std::optional(*fallback);
}

pipeline::Verdict RouteStage::on_call(request::CallContext& call) noexcept {
  if (call.keep_backend) {
    call.keep_backend = false;
    return pipeline::Verdict::kContinue;
  }
  if (call.summary.attempts == 0) {
    call.route = match(call);
  }
  const auto backend = choose(call, call.worker.random.next());
  if (!backend) {
    call.refuse(ErrorCode::kNoBackend, "No model backend takes this request.");
    return pipeline::Verdict::kRespond;
  }
  call.backend = *backend;
  call.backends_tried |= *backend < 64 ? std::uint64_t{1} << *backend : 0;
  call.send_client_credential = meant_for(call, *backend);
  call.summary.backend = *backend;
  call.summary.backend_chosen = true;
  return pipeline::Verdict::kContinue;
}

bool RouteStage::on_attempt(request::CallContext& call, request::AttemptResult result,
                            const http1::ResponseHead* head) noexcept {
  const bool failed = result == request::AttemptResult::kAnswered
                          ? fails_over(head->status)
                          : result != request::AttemptResult::kAborted;
  return failed && choose(call, 0).has_value();
}

}  // namespace penstock::stages
