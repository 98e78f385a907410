// Any body may be read; where it is a request, the edit that asks for usage gives a request that
// asks for usage and is otherwise the same. The piecewise scanner must not care about cuts.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "sidecar/dialect/request_reader.h"
#include "sidecar/dialect/stream_options.h"
#include "sidecar/dialect/usage_reader.h"

namespace {

using penstock::dialect::RequestFacts;
using penstock::dialect::UsageReader;
using penstock::domain::Operation;

std::string padded(std::string_view text) {
  std::string body;
  body.reserve(text.size() + simdjson::SIMDJSON_PADDING);
  return body.append(text);
}

void check_edit(std::string_view text) {
  simdjson::ondemand::parser parser;
  const std::string body = padded(text);
  const RequestFacts facts =
      penstock::dialect::read_request(parser, Operation::kChat, body, body.capacity());
  const auto edit = ask_for_usage(facts, body);
  if (!edit) {
    return;
  }
  const std::string edited = padded(apply_edit(*edit, body));
  const RequestFacts after =
      penstock::dialect::read_request(parser, Operation::kChat, edited, edited.capacity());
  if (!after.ok || after.include_usage != true || after.model != facts.model || !after.stream ||
      after.n != facts.n || ask_for_usage(after, edited)) {
    std::abort();
  }
}

std::string read_answer(Operation operation, std::string_view text, std::size_t cut) {
  UsageReader reader(operation, /*is_stream=*/false);
  reader.on_body_piece(text.substr(0, cut));
  reader.on_body_piece(text.substr(cut));
  reader.on_body_end();
  const auto usage = reader.usage();
  std::string facts(label(reader.ending()));
  facts.append(reader.response_model());
  return facts.append(std::to_string(usage ? usage->total() : -1));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  check_edit(text);
  for (const Operation operation :
       {Operation::kChat, Operation::kResponses, Operation::kMessages}) {
    const std::size_t cut = data[0] * text.size() / 255;
    if (read_answer(operation, text, cut) != read_answer(operation, text, 0)) {
      std::abort();
    }
  }
  return 0;
}
