// What the reading side costs: a request's facts, an event's way through parser, reader and
// stripper, a body's scan.
#include <cstddef>
#include <string>
#include <string_view>

#include <benchmark/benchmark.h>
#include <simdjson.h>

#include "sidecar/dialect/endpoint.h"
#include "sidecar/dialect/request_reader.h"
#include "sidecar/dialect/usage_reader.h"
#include "sidecar/dialect/usage_strip.h"
#include "sidecar/domain/sse_parser.h"

namespace penstock::dialect {
namespace {

using domain::Operation;

// A chat request of about `bytes`, in messages of 400 bytes.
std::string request(std::size_t bytes) {
  std::string body = R"({"messages":[)";
  body.reserve(bytes + 1000 + simdjson::SIMDJSON_PADDING);
  while (body.size() + 100 < bytes) {
    body += body.back() == '[' ? "" : ",";
    body += R"({"role":"user","content":")";
    for (int i = 0; i < 8; ++i) {
      body += R"(The quick \"brown\" fox jumps over the dog.\n)";
    }
    body += "\"}";
  }
  body += R"(],"model":"gpt-4o-mini","temperature":0.7,"stream":true})";
  return body;
}

std::string chat_stream(std::size_t events, std::string_view usage) {
  std::string stream;
  for (std::size_t i = 0; i < events; ++i) {
    stream +=
        R"(data: {"id":"chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz012","object":"chat.completion.chunk",)";
    stream += R"("created":1730000000,"model":"gpt-4o-mini-2024-07-18","service_tier":"default",)";
    stream +=
        R"("system_fingerprint":"fp_0123456789","choices":[{"index":0,"delta":{"content":" word"},)";
    stream += R"("logprobs":null,"finish_reason":null}])";
    stream += std::string(usage) + "}\n\n";
  }
  return stream;
}

void BM_Endpoint(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(recognise("POST", "/v1/chat/completions", false));
  }
}
BENCHMARK(BM_Endpoint);

void BM_RequestFacts(benchmark::State& state) {
  const std::string body = request(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    const RequestFacts facts = read_request(Operation::kChat, body);
    benchmark::DoNotOptimize(facts.model.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(body.size()) * state.iterations());
}
BENCHMARK(BM_RequestFacts)->Arg(1179)->Arg(19971);

constexpr std::size_t kEvents = 200;

// Time is that of one event.
template <class OnEvent>
void run_stream(benchmark::State& state, const std::string& stream, OnEvent on_event) {
  domain::SseParser parser;
  while (state.KeepRunningBatch(kEvents)) {
    parser.feed(stream, on_event);
  }
}

void BM_SseParse(benchmark::State& state) {
  run_stream(state, chat_stream(kEvents, ""),
             [](const domain::SseEvent& event) { benchmark::DoNotOptimize(event.data.data()); });
}
BENCHMARK(BM_SseParse);

void BM_SseReadUsage(benchmark::State& state) {
  UsageReader reader(Operation::kChat, true);
  run_stream(state, chat_stream(kEvents, R"(,"usage":null)"),
             [&reader](const domain::SseEvent& event) { reader.on_event(event); });
}
BENCHMARK(BM_SseReadUsage);

void BM_SseStripNothing(benchmark::State& state) {
  UsageStripper stripper;
  run_stream(state, chat_stream(kEvents, ""), [&stripper](const domain::SseEvent& event) {
    benchmark::DoNotOptimize(stripper.on_event(event).head.data());
  });
}
BENCHMARK(BM_SseStripNothing);

void BM_SseStripUsage(benchmark::State& state) {
  UsageStripper stripper;
  run_stream(state, chat_stream(kEvents, R"(,"usage":null)"),
             [&stripper](const domain::SseEvent& event) {
               benchmark::DoNotOptimize(stripper.on_event(event).head.data());
             });
}
BENCHMARK(BM_SseStripUsage);

void BM_BodyScan(benchmark::State& state) {
  std::string body =
      R"({"id":"c","object":"chat.completion","model":"gpt-4o","choices":[{"message":)";
  body += request(static_cast<std::size_t>(state.range(0)));
  body +=
      R"(,"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21}})";
  for (auto _ : state) {
    UsageReader reader(Operation::kChat, false);
    reader.on_body(body);
    benchmark::DoNotOptimize(reader.usage());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(body.size()) * state.iterations());
}
BENCHMARK(BM_BodyScan)->Arg(1500)->Arg(20000);

}  // namespace
}  // namespace penstock::dialect
