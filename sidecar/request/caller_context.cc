#include "sidecar/request/caller_context.h"

#include "sidecar/dialect/request_reader.h"
#include "sidecar/request/call_context.h"
#include "sidecar/request/worker_services.h"

namespace penstock::request {

// Every idle stream holds one of each, the call in a coroutine frame of what is left up to 1,280
// bytes: a little more takes the allocator's next size, 128 and 256 bytes beyond, of 3.5 KB in all
// (`make bench ARGS='--only stream'`).
static_assert(sizeof(CallerContext) <= 512);
static_assert(sizeof(CallContext) <= 568);

CallerContext::CallerContext(WorkerServices& on_worker, ConnectionPeer& on_peer,
                             std::shared_ptr<const resolve::ResolvedPolicy> pinned)
    : worker(on_worker),
      peer(on_peer),
      policy(std::move(pinned)),
      text(on_worker.request_texts.take()) {}

const dialect::RequestFacts& CallerContext::facts() {
  if (!text->facts) {
    learn(body_collected && domain::is_model_call(endpoint.operation)
              ? dialect::read_request(endpoint.operation, text->body())
              : dialect::RequestFacts());
  }
  return *text->facts;
}

void CallerContext::learn(dialect::RequestFacts&& facts) {
  traits.model = facts.model;
  traits.stream = facts.stream;
  traits.wants_usage = facts.include_usage.value_or(false);
  traits_known = true;
  text->facts = std::move(facts);
}

}  // namespace penstock::request
