#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/result/result.h"
#include "sidecar/http/client_sink.h"
#include "sidecar/http/response_sink.h"
#include "sidecar/http/upstream_call.h"
#include "sidecar/request/budget_lease.h"
#include "sidecar/request/call_context.h"
#include "sidecar/request/embedding_plan.h"
#include "sidecar/request/flight.h"

namespace penstock::http {

// Where the answer goes of a call that asked for a part of an embeddings batch: a good one is kept
// until it is whole, then merged with what the cache had; any other passes to the client as it
// comes. Keeps at most EmbeddingPlan::kAnswerBytesMax, out of the budget of collected bodies.
class MergingSink final : public ResponseSink {
 public:
  // What a client is told where there is no room for its answer.
  static constexpr std::string_view kNoRoom = "Too many answers are being put together.";

  // `budget`: what all requests hold together, `budget_max` at most.
  MergingSink(ClientSink& client, std::shared_ptr<const request::EmbeddingPlan> plan,
              std::atomic<std::uint64_t>& budget, std::uint64_t budget_max)
      : client_(client), plan_(std::move(plan)), lease_(budget), budget_max_(budget_max) {}

  void on_interim(const http1::ResponseHead& head) override { client_.on_interim(head); }
  SinkState on_head(const http1::ResponseHead& head, const request::HeadArrival& arrival,
                    bool usage_added) override;
  SinkState on_payload(std::string_view payload) override;
  SinkState flush() override;
  Task<SinkState> ready() override { return client_.ready(); }

  // After the call: gives the client the merged answer, but for its end. Returns how the call ended
  // as the client sees it: kFailed, with the refusal in `call`, where nothing could be merged.
  CallOutcome conclude(CallOutcome outcome, request::CallContext& call);

 private:
  ClientSink& client_;
  std::shared_ptr<const request::EmbeddingPlan> plan_;
  std::unique_ptr<request::SharedHead> head_;  // of an answer that is being kept
  std::string paid_;
  request::BudgetLease lease_;
  std::uint64_t budget_max_;
  std::optional<ErrorCode> given_up_;  // why the rest was not wanted
};

}  // namespace penstock::http
