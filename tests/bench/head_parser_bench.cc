// The codec's share of a request: parse a head, build the one that goes on, take chunks off a
// stream.
#include <string>
#include <string_view>

#include <benchmark/benchmark.h>

#include "sidecar/http1/chunk_scanner.h"
#include "sidecar/http1/forward.h"
#include "sidecar/http1/head_parser.h"
#include "sidecar/http1/head_writer.h"

namespace penstock::http1 {
namespace {

// 14 fields as an SDK sends them.
constexpr std::string_view kRequest =
    "POST /v1/chat/completions HTTP/1.1\r\n"
    "Host: api.example.com\r\n"
    "Accept: application/json\r\n"
    "Accept-Encoding: gzip, deflate\r\n"
    "Connection: keep-alive\r\n"
    "Content-Type: application/json\r\n"
    "User-Agent: OpenAI/Python 1.99.9\r\n"
    "X-Stainless-Lang: python\r\n"
    "X-Stainless-Package-Version: 1.99.9\r\n"
    "X-Stainless-OS: Linux\r\n"
    "X-Stainless-Arch: x64\r\n"
    "X-Stainless-Runtime: CPython\r\n"
    "X-Stainless-Async: false\r\n"
    "Authorization: Bearer sk-0123456789abcdef0123456789\r\n"
    "Content-Length: 1179\r\n\r\n";

constexpr std::string_view kResponse =
    "HTTP/1.1 200 OK\r\n"
    "Date: Mon, 02 Nov 2026 10:00:00 GMT\r\n"
    "Content-Type: application/json\r\n"
    "Content-Length: 1500\r\n"
    "Connection: keep-alive\r\n"
    "openai-processing-ms: 412\r\n"
    "x-request-id: req_0123456789abcdef0123456789abcdef\r\n"
    "x-ratelimit-limit-requests: 10000\r\n"
    "x-ratelimit-remaining-requests: 9999\r\n\r\n";

void parse_request(benchmark::State& state) {
  const std::string bytes = std::string(kRequest) + std::string(1179, 'b');
  RequestHead head;
  for (auto _ : state) {
    const HeadResult result = parse_request_head(bytes, {}, head);
    benchmark::DoNotOptimize(result.size);
    benchmark::DoNotOptimize(head.fields.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kRequest.size()));
}
BENCHMARK(parse_request);

void parse_response(benchmark::State& state) {
  const std::string bytes = std::string(kResponse) + std::string(1500, 'b');
  ResponseHead head;
  for (auto _ : state) {
    const HeadResult result = parse_response_head(bytes, {}, false, head);
    benchmark::DoNotOptimize(result.size);
    benchmark::DoNotOptimize(head.fields.data());
  }
}
BENCHMARK(parse_response);

void forward_request(benchmark::State& state) {
  RequestHead head;
  parse_request_head(kRequest, {}, head);
  std::string out;
  for (auto _ : state) {
    out.clear();
    build_upstream_head(out, head,
                        {.host = "b.example", .framing = Framing::kLength, .content_length = 1179});
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(forward_request);

void forward_response(benchmark::State& state) {
  ResponseHead head;
  parse_response_head(kResponse, {}, false, head);
  std::string out;
  for (auto _ : state) {
    out.clear();
    build_downstream_head(out, head, {.framing = Framing::kLength, .content_length = 1500});
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(forward_response);

// One event of a stream: 260 bytes in a chunk of their own.
void scan_chunk(benchmark::State& state) {
  std::string chunk;
  append_chunk(chunk, std::string(260, 'e'));
  ChunkScanner scanner;
  for (auto _ : state) {
    std::string_view bytes = chunk;
    while (scanner.next(bytes).state == ChunkStep::kData) {
    }
    benchmark::DoNotOptimize(bytes.data());
  }
}
BENCHMARK(scan_chunk);

}  // namespace
}  // namespace penstock::http1
