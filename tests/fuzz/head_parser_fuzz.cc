// Any bytes as a request head. Oracles: the verdict does not depend on the cut, accepted views lie
// inside the input and obey the grammar, and the head that would go upstream is accepted again and
// says the same.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sidecar/http1/connection_options.h"
#include "sidecar/http1/field_syntax.h"
#include "sidecar/http1/forward.h"
#include "sidecar/http1/head_parser.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using namespace std::string_view_literals;
using penstock::http1::HeaderField;
using penstock::http1::HeadLimits;
using penstock::http1::HeadResult;
using penstock::http1::RequestHead;

// Small enough that a fuzzer reaches them.
constexpr HeadLimits kLimits{
    .header_lines_max = 20, .head_bytes_max = 1024, .target_bytes_max = 128};

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

void check_cut(std::string_view bytes, std::size_t cut, const HeadResult& whole) {
  RequestHead head;
  HeadResult result = parse_request_head(bytes.substr(0, cut), kLimits, head);
  if (result.state == HeadResult::kNeedMore) {
    result = parse_request_head(bytes, kLimits, head, cut);
  }
  require(result.state == whole.state && result.size == whole.size &&
          result.reason == whole.reason);
}

void check_accepted(std::string_view bytes, const HeadResult& result, const RequestHead& head) {
  require(result.size <= bytes.size() && bytes.substr(0, result.size).ends_with("\r\n\r\n"));
  require(penstock::http1::is_token(head.method) && head.target.size() <= kLimits.target_bytes_max);
  require(head.fields.size() <= kLimits.header_lines_max);
  for (const HeaderField& field : head.fields) {
    require(penstock::http1::is_token(field.name) && penstock::http1::is_field_value(field.value));
    require(field.name.data() >= bytes.data());
    require(field.value.data() + field.value.size() <= bytes.data() + result.size);
  }
}

void check_forwarded(const RequestHead& head) {
  penstock::http1::UpstreamHeadEdits edits;
  edits.framing = head.framing;
  edits.content_length = head.content_length;
  edits.host = head.host.empty() ? "a.example" : "";
  std::string first;
  build_upstream_head(first, head, edits);
  RequestHead again;
  const HeadResult result = parse_request_head(first, HeadLimits{}, again);
  require(result.state == HeadResult::kDone && result.size == first.size());
  require(again.method == head.method && again.framing == head.framing &&
          again.host == (head.host.empty() ? edits.host : head.host));
  require(again.content_length == head.content_length && !again.upgrade_requested);
  for (const HeaderField& field : again.fields) {
    require(field.id == penstock::http1::HeaderId::kTransferEncoding ||
            field.id == penstock::http1::HeaderId::kTrailer ||
            !penstock::http1::kHopByHop.contains(field.id));
  }
  std::string second;
  build_upstream_head(second, again, edits);
  require(second == first);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  RequestHead head;
  const HeadResult result = parse_request_head(bytes, kLimits, head);
  for (const std::size_t cut : {std::size_t{1}, size / 3, size / 2, size - 1}) {
    if (cut > 0 && cut < size && (result.state != HeadResult::kDone || cut < result.size) &&
        (result.state != HeadResult::kHttp2Preface || cut < "PRI * HTTP/2.0\r\n\r\n"sv.size())) {
      check_cut(bytes, cut, result);
    }
  }
  if (result.state == HeadResult::kDone) {
    check_accepted(bytes, result, head);
    check_forwarded(head);
  }
  return 0;
}
