// A stream of events must read the same whatever its cuts: the same events, the same bytes after
// stripping, the same usage and ending; and the raw parts must add up to the input.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "sidecar/dialect/usage_reader.h"
#include "sidecar/dialect/usage_strip.h"
#include "sidecar/domain/sse_parser.h"

namespace {

using penstock::domain::Operation;

struct Seen {
  std::string raw;
  std::string events;
  std::string stripped;
  std::string facts;
};

void append_facts(std::string& into, const penstock::dialect::UsageReader& reader) {
  const auto usage = reader.usage();
  into.append(label(reader.ending())).append(reader.response_model());
  into.append(std::to_string(reader.output_bytes()));
  into.append(std::to_string(usage ? usage->total() : -1));
}

// The pieces' sizes come from `seed`; every piece lies in a block of its own for ASan to watch.
Seen read(std::string_view input, std::uint32_t seed, bool whole) {
  Seen seen;
  penstock::domain::SseParser parser;
  penstock::dialect::UsageStripper stripper;
  penstock::dialect::UsageReader chat(Operation::kChat, true);
  penstock::dialect::UsageReader responses(Operation::kResponses, true);
  penstock::dialect::UsageReader messages(Operation::kMessages, true);
  const auto visit = [&](const penstock::domain::SseEvent& event) {
    seen.raw.append(event.raw);
    seen.events.append(event.name)
        .append("|")
        .append(event.data)
        .append(event.has_data ? "!" : "-");
    const auto output = stripper.on_event(event);
    seen.stripped.append(output.head).append(output.tail);
    chat.on_event(event);
    responses.on_event(event);
    messages.on_event(event);
  };
  while (!input.empty()) {
    seed = seed * 1664525 + 1013904223;  // Numerical Recipes' generator
    const std::size_t size =
        whole ? input.size() : std::min<std::size_t>(input.size(), 1 + (seed >> 24) % 40);
    const auto block = std::make_unique<char[]>(size);
    std::memcpy(block.get(), input.data(), size);
    if (parser.feed({block.get(), size}, visit) != size) {
      std::abort();  // no input here is near the limit
    }
    input.remove_prefix(size);
  }
  seen.raw.append(parser.pending());
  seen.stripped.append(parser.pending());
  if (const auto last = parser.finish()) {
    chat.on_event(*last);
    responses.on_event(*last);
    messages.on_event(*last);
  }
  for (const auto* const reader : {&chat, &responses, &messages}) {
    append_facts(seen.facts, *reader);
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Seen whole = read(input, 0, true);
  const Seen pieces = read(input, data[0], false);
  const bool same = whole.events == pieces.events && whole.stripped == pieces.stripped &&
                    whole.facts == pieces.facts;
  if (!same || whole.raw != input || pieces.raw != input) {
    std::abort();
  }
  return 0;
}
