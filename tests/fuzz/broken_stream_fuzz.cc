// Wherever a stream breaks off, however its bytes were cut: what is added ends it in an event that
// says the error, and leaves nothing half said.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sidecar/dialect/broken_stream.h"
#include "sidecar/domain/sse_parser.h"
#include "sidecar/domain/unfinished_event.h"

namespace {

using penstock::domain::Dialect;
using penstock::domain::Endpoint;
using penstock::domain::Operation;

void check(bool holds) {
  if (!holds) {
    std::abort();
  }
}

}  // namespace

// The first byte names the endpoint and how large the pieces are.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::array kEndpoints{Endpoint{Dialect::kOpenAi, Operation::kChat},
                                  Endpoint{Dialect::kOpenAi, Operation::kResponses},
                                  Endpoint{Dialect::kAnthropic, Operation::kMessages}};
  if (size == 0) {
    return 0;
  }
  const Endpoint endpoint = kEndpoints[data[0] % kEndpoints.size()];
  const std::size_t piece = 1 + data[0] / kEndpoints.size();
  const std::string_view begun(reinterpret_cast<const char*>(data) + 1, size - 1);
  penstock::domain::UnfinishedEvent whole;
  penstock::domain::UnfinishedEvent pieces;
  whole.feed(begun);
  for (std::size_t at = 0; at < begun.size(); at += piece) {
    pieces.feed(begun.substr(at, piece));
  }
  check(begun.ends_with(whole.bytes()) && whole.bytes() == pieces.bytes());

  const std::string end = penstock::dialect::end_of_broken_stream(
      endpoint, penstock::ErrorCode::kUpstreamFailed, "Gone.", 7, whole);
  penstock::domain::SseParser parser;
  std::string name;
  std::string said;
  parser.feed(std::string(begun) + end, [&](const penstock::domain::SseEvent& event) {
    if (event.has_data) {
      name = event.name;
      said = event.data;
    }
  });
  check(parser.pending().empty());
  check(endpoint.operation == Operation::kChat || name == "error");
  check(said.ends_with('}') && said.contains(R"("message":"Gone.")"));
  return 0;
}
