// Wherever a stream breaks off, however its bytes were cut: what is added ends it in an event that
// says the error, and leaves nothing half said.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "sidecar/dialect/broken_stream.h"
#include "sidecar/dialect/unfinished_event.h"
#include "sidecar/domain/json_tree.h"
#include "sidecar/domain/sse_parser.h"

namespace {

using penstock::dialect::UnfinishedEvent;
using penstock::domain::Dialect;
using penstock::domain::Endpoint;
using penstock::domain::JsonTree;
using penstock::domain::JsonType;
using penstock::domain::Operation;
using penstock::domain::SseEvent;
using penstock::domain::SseParser;

// Each place in an event of more than this would take long.
constexpr std::size_t kCutBytesMax = 1024;

void check(bool holds) {
  if (!holds) {
    std::abort();
  }
}

std::string end_of(Endpoint endpoint, const UnfinishedEvent& unfinished) {
  return penstock::dialect::end_of_broken_stream(endpoint, penstock::ErrorCode::kUpstreamFailed,
                                                 "Gone.", 7, unfinished);
}

// `from`: where the event begins of which, and of what is added to it, every text is JSON.
void check_ended(Endpoint endpoint, std::string_view begun, std::optional<std::size_t> from) {
  UnfinishedEvent unfinished;
  unfinished.feed(begun);
  std::string name;
  std::string said;
  std::size_t end = 0;
  JsonTree tree;
  SseParser parser;
  parser.feed(std::string(begun) + end_of(endpoint, unfinished), [&](const SseEvent& event) {
    end += event.raw.size();
    if (event.has_data) {
      name = event.name;
      said = event.data;
      check(!from || end <= *from || !tree.parse(event.data));
    }
  });
  check(parser.pending().empty());
  check(endpoint.operation == Operation::kChat || name == "error");
  check(said.ends_with('}') && said.contains(R"("message":"Gone.")"));
}

bool is_object(std::string_view text) {
  JsonTree tree;
  return !tree.parse(text) && tree.root().is(JsonType::kObject);
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
  UnfinishedEvent whole;
  UnfinishedEvent pieces;
  whole.feed(begun);
  for (std::size_t at = 0; at < begun.size(); at += piece) {
    pieces.feed(begun.substr(at, piece));
  }
  check(whole.empty() == pieces.empty());
  check(end_of(endpoint, whole) == end_of(endpoint, pieces));
  check_ended(endpoint, begun, std::nullopt);

  // Torn anywhere, what is JSON as a whole begins in a way that can be mended.
  SseParser parser;
  const std::size_t consumed = parser.feed(begun, [](const SseEvent&) {});
  const std::size_t from = consumed - parser.pending().size();
  const std::optional<SseEvent> last = parser.finish();
  if (!last || begun.size() - from > kCutBytesMax || !is_object(last->data)) {
    return 0;
  }
  for (std::size_t cut = from; cut <= begun.size(); ++cut) {
    check_ended(endpoint, begun.substr(0, cut), from);
  }
  return 0;
}
