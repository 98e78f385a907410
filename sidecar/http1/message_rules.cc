#include "sidecar/http1/message_rules.h"

#include <cstdint>
#include <limits>

#include "sidecar/http1/connection_options.h"
#include "sidecar/http1/field_syntax.h"

namespace penstock::http1 {
namespace {

// 1*DIGIT below 2^63, so that sums of lengths cannot wrap.
bool read_content_length(std::string_view text, std::uint64_t& out) {
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') {
      return false;
    }
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (kMax - digit) / 10) {
      return false;
    }
    value = value * 10 + digit;
  }
  out = value;
  return !text.empty();
}

// What the fields say about framing and the connection, gathered in one pass.
struct Facts {
  int lengths = 0;
  int codings = 0;
  int hosts = 0;
  std::string_view length, coding, host, upgrade;
  bool wants_trailers = false;
  ConnectionOptions connection;
};

void gather(const HeaderField& field, Facts& facts) {
  if (field.id == HeaderId::kHost) {
    ++facts.hosts;
    facts.host = field.value;
  } else if (field.id == HeaderId::kContentLength) {
    ++facts.lengths;
    facts.length = field.value;
  } else if (field.id == HeaderId::kTransferEncoding) {
    ++facts.codings;
    facts.coding = field.value;
  } else if (field.id == HeaderId::kConnection) {
    facts.connection.add(field.value);
  } else if (field.id == HeaderId::kUpgrade) {
    facts.upgrade = field.value;
  } else if (field.id == HeaderId::kTe) {
    for_each_list_member(field.value, [&facts](std::string_view member) {
      facts.wants_trailers = facts.wants_trailers || equals_ignoring_case(member, "trailers");
    });
  }
}

constexpr HeaderSet kTelling = {HeaderId::kContentLength, HeaderId::kTransferEncoding,
                                HeaderId::kHost,          HeaderId::kConnection,
                                HeaderId::kUpgrade,       HeaderId::kTe};

std::optional<Fault> gather_all(const HeadFields& head, Facts& facts) {
  for (const HeaderField& field : head.fields) {
    if (kTelling.contains(field.id)) {
      gather(field, facts);
    }
  }
  if (facts.connection.too_many()) {
    return Fault{ErrorCode::kInvalidRequest, "too many connection options"};
  }
  return std::nullopt;
}

// The one place that decides how a body is framed. Where both fields stand, or one of them is in
// doubt, two recipients could disagree on where the message ends: refused, never repaired.
std::optional<Fault> decide_framing(const Facts& facts, int minor_version, Framing& framing,
                                    std::uint64_t& content_length) {
  if (facts.codings != 0) {
    if (facts.lengths != 0) {
      return Fault{ErrorCode::kInvalidRequest, "both content-length and transfer-encoding"};
    }
    if (minor_version == 0) {
      return Fault{ErrorCode::kInvalidRequest, "transfer-encoding on HTTP/1.0"};
    }
    if (facts.codings != 1 || !equals_ignoring_case(facts.coding, "chunked")) {
      return Fault{ErrorCode::kNotImplemented, "transfer coding other than chunked"};
    }
    framing = Framing::kChunked;
  } else if (facts.lengths != 0) {
    if (facts.lengths != 1) {
      return Fault{ErrorCode::kInvalidRequest, "more than one content-length"};
    }
    if (!read_content_length(facts.length, content_length)) {
      return Fault{ErrorCode::kInvalidRequest, "malformed content-length"};
    }
    framing = Framing::kLength;
  }
  return std::nullopt;
}

bool lives_on(const Facts& facts, int minor_version) {
  if (facts.connection.close()) {
    return false;
  }
  return minor_version >= 1 || facts.connection.keep_alive();
}

std::optional<Fault> check_host(const Facts& facts, RequestHead& head) {
  if (facts.hosts > 1) {
    return Fault{ErrorCode::kInvalidRequest, "more than one host"};
  }
  if (facts.hosts == 0) {
    if (head.minor_version >= 1) {
      return Fault{ErrorCode::kInvalidRequest, "no host"};
    }
    return std::nullopt;
  }
  if (!is_authority(facts.host)) {
    return Fault{ErrorCode::kInvalidRequest, "malformed host"};
  }
  if (head.target_form != TargetForm::kAbsolute) {
    head.host = facts.host;
  }
  return std::nullopt;
}

// HTTP/1.0 clients cannot wait for an interim answer; their Expect is ignored (RFC 9110 §10.1.1).
void read_expectation(RequestHead& head) {
  if (head.minor_version == 0 || !head.has(HeaderId::kExpect)) {
    return;
  }
  for (const HeaderField& field : head.fields) {
    if (field.id == HeaderId::kExpect) {
      const bool known = equals_ignoring_case(field.value, "100-continue");
      head.expect_continue = head.expect_continue || known;
      head.expect_unknown = head.expect_unknown || !known;
    }
  }
}

void read_upgrade(const Facts& facts, RequestHead& head) {
  if (head.minor_version == 0 || !facts.connection.upgrade() || facts.upgrade.empty()) {
    return;
  }
  head.upgrade_requested = true;
  head.upgrade = facts.upgrade;
  for_each_list_member(facts.upgrade, [&head](std::string_view member) {
    head.upgrade_websocket = head.upgrade_websocket || equals_ignoring_case(member, "websocket");
  });
}

bool has_no_body(int status, bool request_was_head) {
  return request_was_head || status < 200 || status == 204 || status == 304;
}

}  // namespace

std::optional<Fault> interpret_request(RequestHead& head) {
  Facts facts;
  if (auto fault = gather_all(head, facts)) {
    return fault;
  }
  if (facts.connection.malformed()) {
    return Fault{ErrorCode::kInvalidRequest, "malformed connection option"};
  }
  if (auto fault = decide_framing(facts, head.minor_version, head.framing, head.content_length)) {
    return fault;
  }
  if (auto fault = check_host(facts, head)) {
    return fault;
  }
  head.keep_alive = lives_on(facts, head.minor_version);
  head.connection_nominates = facts.connection.nominates_any();
  head.te_trailers = facts.wants_trailers && facts.connection.te();
  read_expectation(head);
  read_upgrade(facts, head);
  return std::nullopt;
}

std::optional<Fault> interpret_response(ResponseHead& head, bool request_was_head) {
  Facts facts;
  Framing stated = Framing::kUntilClose;
  auto fault = gather_all(head, facts);
  if (!fault) {
    fault = decide_framing(facts, head.minor_version, stated, head.content_length);
  }
  if (fault) {
    fault->code = ErrorCode::kUpstreamFailed;
    return fault;
  }
  head.has_content_length = stated == Framing::kLength;
  head.connection_nominates = facts.connection.nominates_any();
  const bool bodiless = has_no_body(head.status, request_was_head);
  head.framing = bodiless ? Framing::kNone : stated;
  head.keep_alive = lives_on(facts, head.minor_version) && head.framing != Framing::kUntilClose;
  if (head.status < 200 || head.status == 204) {
    // These must not state a body. One that does may be followed by it: no request after this
    // answer.
    const bool states_body = stated == Framing::kChunked || head.content_length != 0;
    head.keep_alive = head.keep_alive && !states_body;
  }
  if (head.status == 101) {
    head.upgrade = facts.upgrade;
    head.keep_alive = false;
  }
  return std::nullopt;
}

}  // namespace penstock::http1
