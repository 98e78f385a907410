#include "sidecar/stages/usage.h"

#include "sidecar/dialect/stream_options.h"
#include "sidecar/dialect/usage_estimate.h"
#include "sidecar/domain/media_type.h"
#include "sidecar/request/worker_services.h"

namespace penstock::stages {

pipeline::Verdict UsageStage::on_call(request::CallContext& call) noexcept {
  call.body_edit.reset();
  if (call.readable && !call.usage_option_refused &&
      asks_for_usage(*call.policy, call.backend, board_)) {
    if (const auto edit = dialect::ask_for_usage(*call.text->facts, call.text->body())) {
      call.body_edit = std::make_unique<const dialect::Edit>(*edit);
    }
    // What has to be taken out again is easier found in an answer without a coding.
    call.identity_coding = call.identity_coding || call.body_edit != nullptr;
  }
  return pipeline::Verdict::kContinue;
}

bool UsageStage::on_attempt(request::CallContext& call, request::AttemptResult result,
                            const http1::ResponseHead* head) noexcept {
  // Only a good answer of the same backend to the same request without it shows that the option was
  // what was refused, and not something else in a request that the error quotes.
  const bool answered = result == request::AttemptResult::kAnswered;
  if (call.usage_option_refused && answered && head->status / 100 == 2) {
    board_.note_option_refused(call.backend);
  }
  const bool always =
      call.policy->backends[call.backend].stream_usage == resolve::StreamUsage::kAlways;
  const bool refused = answered && head->status == 400 && call.body_edit != nullptr && !always &&
                       dialect::names_stream_options(call.error_body);
  call.usage_option_refused = refused;
  call.keep_backend = refused;
  return refused;
}

void UsageStage::on_response(request::CallContext& call, const http1::ResponseHead& head) noexcept {
  if (!domain::is_model_call(call.endpoint.operation) || head.status >= 300) {
    return;
  }
  const http1::HeaderField* type = head.find(http1::HeaderId::kContentType);
  const http1::HeaderField* coding = head.find(http1::HeaderId::kContentEncoding);
  const bool stream = type != nullptr && domain::is_event_stream(type->value);
  // An error that ends such a stream bears the next event's number, whatever the request was.
  const bool numbered = stream && call.endpoint.operation == domain::Operation::kResponses;
  if (!call.readable && !numbered) {
    return;
  }
  call.reader = std::make_unique<request::AnswerReader>(
      call.endpoint.operation, stream, coding == nullptr ? std::string_view{} : coding->value);
}

void UsageStage::on_payload(request::CallContext& call, std::string_view payload) noexcept {
  if (call.reader != nullptr && call.reader->feed(payload)) {
    call.summary.first_token_at = call.worker.clock.now();
  }
}

void UsageStage::on_complete(request::CallContext& call) noexcept {
  if (call.reader == nullptr) {
    return;
  }
  // The last event may lack nothing but its end; a body that broke off says nothing.
  if (call.summary.whole || call.reader->event_stream()) {
    call.reader->end();
  }
  const dialect::UsageReader& usage = call.reader->usage();
  request::CallSummary& summary = call.summary;
  summary.ending = usage.ending();
  summary.next_sequence_number = usage.next_sequence_number();
  summary.response_model =
      usage.response_model().empty() ? std::string_view(call.traits.model) : usage.response_model();
  if (call.endpoint.operation == domain::Operation::kCountTokens) {
    return;  // counting uses none, and is free
  }
  // Of a request that was not read only what the answer says is known.
  summary.usage =
      call.readable ? dialect::usage_or_estimate(usage, call.request_bytes) : usage.usage();
  if (summary.usage) {
    price(summary, usage.service_tier());
  }
}

// By what the answer says of model and service level; by the request's model where it says nothing.
void UsageStage::price(request::CallSummary& summary, std::string_view service_tier) const {
  const domain::Charge charge =
      prices_.price(summary.backend, summary.response_model, service_tier, *summary.usage);
  summary.price_known = charge.known;
  summary.cost = charge.amount.value();
  summary.unknown_price_reason = domain::label(charge.reason);
  summary.price_version = charge.known ? charge.price_version : std::string_view{};
}

}  // namespace penstock::stages
