#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "sidecar/http/client_sink.h"
#include "sidecar/http/response_sink.h"
#include "sidecar/http/upstream_call.h"
#include "sidecar/request/call_context.h"
#include "sidecar/request/embedding_plan.h"
#include "sidecar/request/flight.h"

namespace penstock::http {

// Where the answer goes of a call that asked for a part of an embeddings batch: a good one is kept
// until it is whole, then merged with what the cache had; any other passes to the client as it
// comes. Keeps at most EmbeddingPlan::kAnswerBytesMax.
class MergingSink final : public ResponseSink {
 public:
  MergingSink(ClientSink& client, std::shared_ptr<const request::EmbeddingPlan> plan)
      : client_(client), plan_(std::move(plan)) {}

  void on_interim(const http1::ResponseHead& head) override { client_.on_interim(head); }
  SinkState on_head(const http1::ResponseHead& head, bool usage_added) override;
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
  bool too_long_ = false;
};

}  // namespace penstock::http
