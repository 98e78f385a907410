#include "sidecar/http/shared_head.h"

#include "sidecar/http1/forward.h"
#include "sidecar/http1/head_parser.h"

namespace penstock::http {

bool copy_head(const http1::ResponseHead& from, request::SharedHead& to) {
  http1::DownstreamHeadEdits as_is;
  as_is.framing = from.framing;
  as_is.content_length = from.content_length;
  http1::build_downstream_head(to.text, from, as_is);
  const bool no_body = from.framing == http1::Framing::kNone;
  const http1::HeadResult parsed = http1::parse_response_head(to.text, {}, no_body, to.head);
  return parsed.state == http1::HeadResult::kDone;
}

}  // namespace penstock::http
