// Whatever is stored, folding and unfolding it gives JSON or gives up; and the stream of an object
// is one that folds into the same stream again.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sidecar/dialect/fold.h"
#include "sidecar/domain/json_tree.h"
#include "sidecar/domain/sse_parser.h"

namespace {

using penstock::domain::Operation;

void check(bool holds) {
  if (!holds) {
    std::abort();
  }
}

bool is_json(std::string_view text) {
  return !penstock::domain::JsonTree().parse(text);
}

void check_stream(Operation operation, const std::string& stream) {
  penstock::domain::SseParser parser;
  parser.feed(stream, [](const penstock::domain::SseEvent& event) {
    check(event.has_data && (event.data == "[DONE]" || is_json(event.data)));
  });
  check(parser.pending().empty());
  const auto object = penstock::dialect::fold(operation, stream);
  if (object) {
    check(is_json(*object));
    const auto again = penstock::dialect::unfold(operation, *object, true);
    check(!again || penstock::dialect::fold(operation, *again) == object);
  }
}

}  // namespace

// The first byte names the operation, the rest is read as a stream and as an object.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::array kOperations{Operation::kChat, Operation::kCompletions, Operation::kMessages,
                                   Operation::kResponses};
  if (size == 0) {
    return 0;
  }
  const Operation operation = kOperations[data[0] % kOperations.size()];
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto object = penstock::dialect::fold(operation, text);
  check(!object || is_json(*object));
  if (const auto stream = penstock::dialect::unfold(operation, text, true)) {
    check_stream(operation, *stream);
  }
  return 0;
}
