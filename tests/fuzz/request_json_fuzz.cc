// Any body may be read; where it is a request, the edit that asks for usage gives a request that
// asks for usage and is otherwise the same. The piecewise scanner must not care about cuts.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sidecar/dialect/request_reader.h"
#include "sidecar/dialect/stream_options.h"
#include "sidecar/dialect/usage_reader.h"

namespace {

using penstock::dialect::RequestFacts;
using penstock::dialect::UsageReader;
using penstock::domain::Operation;

// Who reads the whole body finds what the walk over its top level finds.
void check_tree(const std::string& body, const RequestFacts& facts) {
  penstock::domain::JsonTree tree;
  if (tree.parse(body)) {
    return;
  }
  const RequestFacts whole = penstock::dialect::read_request(Operation::kChat, tree);
  if (whole.ok != facts.ok || whole.model != facts.model || whole.stream != facts.stream ||
      whole.n != facts.n || whole.output_tokens_max != facts.output_tokens_max ||
      whole.include_usage != facts.include_usage || whole.store != facts.store ||
      whole.stateful() != facts.stateful() || whole.stream_options != facts.stream_options ||
      (whole.ok && (whole.empty_object != facts.empty_object ||
                    whole.after_open_brace != facts.after_open_brace))) {
    std::abort();
  }
}

void check_edit(std::string_view text) {
  const std::string body(text);
  const RequestFacts facts = penstock::dialect::read_request(Operation::kChat, body);
  check_tree(body, facts);
  const auto edit = ask_for_usage(facts, body);
  if (!edit) {
    return;
  }
  const std::string edited = apply_edit(*edit, body);
  const RequestFacts after = penstock::dialect::read_request(Operation::kChat, edited);
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
