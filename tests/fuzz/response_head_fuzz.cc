// Any bytes as a response head; the first byte says whether the request was HEAD. Oracles as for
// requests.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sidecar/http1/field_syntax.h"
#include "sidecar/http1/forward.h"
#include "sidecar/http1/head_parser.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using penstock::http1::Framing;
using penstock::http1::HeaderField;
using penstock::http1::HeadLimits;
using penstock::http1::HeadResult;
using penstock::http1::ResponseHead;

constexpr HeadLimits kLimits{.header_lines_max = 20, .head_bytes_max = 1024};

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

void check_cut(std::string_view bytes, bool to_head, std::size_t cut, const HeadResult& whole) {
  ResponseHead head;
  HeadResult result = parse_response_head(bytes.substr(0, cut), kLimits, to_head, head);
  if (result.state == HeadResult::kNeedMore) {
    result = parse_response_head(bytes, kLimits, to_head, head, cut);
  }
  require(result.state == whole.state && result.size == whole.size &&
          result.reason == whole.reason);
}

void check_forwarded(const ResponseHead& head, bool to_head) {
  for (const HeaderField& field : head.fields) {
    require(penstock::http1::is_token(field.name) && penstock::http1::is_field_value(field.value));
  }
  require(head.status >= 100 && head.status <= 999);
  require(head.framing != Framing::kUntilClose || !head.keep_alive);
  penstock::http1::DownstreamHeadEdits edits;
  edits.framing = head.framing;
  edits.content_length = head.content_length;
  std::string out;
  build_downstream_head(out, head, edits);
  ResponseHead again;
  const HeadResult result = parse_response_head(out, HeadLimits{}, to_head, again);
  require(result.state == HeadResult::kDone && result.size == out.size());
  require(again.status == head.status && again.framing == head.framing);
  require(head.framing != Framing::kLength || again.content_length == head.content_length);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const bool to_head = data[0] == '1';
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  ResponseHead head;
  const HeadResult result = parse_response_head(bytes, kLimits, to_head, head);
  for (const std::size_t cut : {std::size_t{1}, bytes.size() / 3, bytes.size() / 2}) {
    if (cut > 0 && cut < bytes.size() && (result.state != HeadResult::kDone || cut < result.size)) {
      check_cut(bytes, to_head, cut, result);
    }
  }
  if (result.state == HeadResult::kDone) {
    check_forwarded(head, to_head);
  }
  return 0;
}
