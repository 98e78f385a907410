#include "sidecar/http1/head_parser.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "tests/sidecar/http1/head_cases.h"

namespace penstock::http1 {
namespace {

using testing::HeadCase;
using testing::request_cases;
using testing::response_cases;

// A copy in a block of its own size, so that a sanitizer sees a read past the end.
struct Exact {
  explicit Exact(std::string_view bytes) : data(new char[bytes.size()]), size(bytes.size()) {
    std::copy(bytes.begin(), bytes.end(), data.get());
  }
  [[nodiscard]] std::string_view view() const { return {data.get(), size}; }

  std::unique_ptr<char[]> data;
  std::size_t size;
};

HeadResult parse_request(std::string_view bytes, RequestHead& head, std::size_t scanned = 0,
                         const HeadLimits& limits = {}) {
  return parse_request_head(bytes, limits, head, scanned);
}

HeadResult parse_response(std::string_view bytes, ResponseHead& head, std::size_t scanned = 0) {
  return parse_response_head(bytes, HeadLimits{}, false, head, scanned);
}

// Heads are views: their bytes stay for the rest of the run.
std::string_view kept(std::string bytes) {
  static std::deque<std::string> all;
  return all.emplace_back(std::move(bytes));
}

RequestHead accepted(std::string text) {
  const std::string_view bytes = kept(std::move(text));
  RequestHead head;
  const HeadResult result = parse_request(bytes, head);
  EXPECT_EQ(result.state, HeadResult::kDone) << result.reason;
  EXPECT_EQ(result.size, bytes.size());
  return head;
}

ResponseHead accepted_response(std::string text, bool request_was_head = false) {
  const std::string_view bytes = kept(std::move(text));
  ResponseHead head;
  const HeadResult result = parse_response_head(bytes, HeadLimits{}, request_was_head, head);
  EXPECT_EQ(result.state, HeadResult::kDone) << result.reason;
  return head;
}

template <class Head, class Parse>
void expect_verdict(const HeadCase& c, Parse parse) {
  SCOPED_TRACE(c.name);
  const Exact whole(c.bytes);
  Head head;
  const HeadResult result = parse(whole.view(), head, std::size_t{0});
  if (!c.error) {
    EXPECT_EQ(result.state, HeadResult::kDone) << result.reason;
    EXPECT_EQ(result.size, c.bytes.size());
    return;
  }
  ASSERT_EQ(result.state, HeadResult::kError);
  EXPECT_EQ(label(result.error), label(*c.error)) << result.reason;
  EXPECT_FALSE(result.reason.empty());
}

TEST(RequestHeadCases, ReachTheVerdict) {
  EXPECT_GE(request_cases().size(), 80U);
  for (const HeadCase& c : request_cases()) {
    expect_verdict<RequestHead>(c, [](auto bytes, auto& head, auto scanned) {
      return parse_request(bytes, head, scanned);
    });
  }
}

TEST(ResponseHeadCases, ReachTheVerdict) {
  for (const HeadCase& c : response_cases()) {
    expect_verdict<ResponseHead>(c, [](auto bytes, auto& head, auto scanned) {
      return parse_response(bytes, head, scanned);
    });
  }
}

// The first part answers kNeedMore or already the verdict; the rest, with what was scanned, always
// the verdict.
template <class Head, class Parse>
void expect_cuts_do_not_matter(const HeadCase& c, Parse parse) {
  SCOPED_TRACE(c.name);
  Head head;
  const HeadResult whole = parse(c.bytes, head, std::size_t{0});
  for (std::size_t cut = 1; cut < c.bytes.size(); ++cut) {
    const Exact part(std::string_view(c.bytes).substr(0, cut));
    HeadResult result = parse(part.view(), head, std::size_t{0});
    if (result.state == HeadResult::kNeedMore) {
      result = parse(c.bytes, head, cut);
    } else {
      ASSERT_EQ(result.state, HeadResult::kError) << "complete at " << cut;
    }
    ASSERT_EQ(result.state, whole.state) << "cut at " << cut;
    ASSERT_EQ(result.size, whole.size) << "cut at " << cut;
    ASSERT_EQ(result.error, whole.error) << "cut at " << cut;
    ASSERT_EQ(result.reason, whole.reason) << "cut at " << cut;
  }
}

template <class Head, class Parse>
void expect_bytewise(const HeadCase& c, Parse parse) {
  SCOPED_TRACE(c.name);
  Head head;
  const HeadResult whole = parse(c.bytes, head, std::size_t{0});
  HeadResult result;
  std::size_t size = 1;
  for (; size <= c.bytes.size() && result.state == HeadResult::kNeedMore; ++size) {
    result = parse(std::string_view(c.bytes).substr(0, size), head, size - 1);
  }
  EXPECT_EQ(result.state, whole.state);
  EXPECT_EQ(result.reason, whole.reason);
}

TEST(RequestHeadCuts, DoNotMatter) {
  const auto parse = [](auto bytes, auto& head, auto scanned) {
    return parse_request(bytes, head, scanned);
  };
  for (const HeadCase& c : request_cases()) {
    if (c.bytes.size() < 1000) {
      expect_cuts_do_not_matter<RequestHead>(c, parse);
      expect_bytewise<RequestHead>(c, parse);
    }
  }
}

TEST(ResponseHeadCuts, DoNotMatter) {
  const auto parse = [](auto bytes, auto& head, auto scanned) {
    return parse_response(bytes, head, scanned);
  };
  for (const HeadCase& c : response_cases()) {
    expect_cuts_do_not_matter<ResponseHead>(c, parse);
    expect_bytewise<ResponseHead>(c, parse);
  }
}

TEST(RequestHead, HoldsWhatWasSent) {
  const std::string bytes =
      "POST /v1/chat/completions?x=1 HTTP/1.1\r\nHost: "
      "api.example:8443\r\nContent-Type:application/json\r\n"
      "X-Empty:\r\nAUTHORIZATION:  Bearer k \t\r\ncontent-length: 42\r\n\r\n";
  const RequestHead head = accepted(bytes);
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.target, "/v1/chat/completions?x=1");
  EXPECT_EQ(head.path, head.target);
  EXPECT_EQ(head.host, "api.example:8443");
  EXPECT_EQ(head.minor_version, 1);
  EXPECT_EQ(head.framing, Framing::kLength);
  EXPECT_EQ(head.content_length, 42U);
  ASSERT_EQ(head.fields.size(), 5U);
  EXPECT_EQ(head.fields[1].name, "Content-Type");
  EXPECT_EQ(head.fields[1].value, "application/json");
  EXPECT_EQ(head.fields[2].id, HeaderId::kOther);
  EXPECT_EQ(head.fields[2].value, "");
  EXPECT_GT(head.fields[2].value.data(), head.fields[2].name.data());
  EXPECT_EQ(head.fields[3].name, "AUTHORIZATION");
  EXPECT_EQ(head.fields[3].value, "Bearer k");
  ASSERT_NE(head.find(HeaderId::kAuthorization), nullptr);
  EXPECT_EQ(head.find(HeaderId::kAuthorization), &head.fields[3]);
  EXPECT_EQ(head.find(HeaderId::kCookie), nullptr);
}

TEST(RequestHead, EndsWhereTheBodyBegins) {
  const std::string head_bytes = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n";
  RequestHead head;
  const HeadResult result = parse_request(head_bytes + "\r\n\n:GET / HTTP/1.1\r\n", head);
  EXPECT_EQ(result.state, HeadResult::kDone);
  EXPECT_EQ(result.size, head_bytes.size());
}

TEST(RequestHead, AbsoluteTargetWinsOverHost) {
  const RequestHead head =
      accepted("GET http://b.example:81/x?y HTTP/1.1\r\nHost: a.example\r\n\r\n");
  EXPECT_EQ(head.target_form, TargetForm::kAbsolute);
  EXPECT_EQ(head.host, "b.example:81");
  EXPECT_EQ(head.path, "/x?y");
  EXPECT_EQ(accepted("GET http://b?y HTTP/1.1\r\nHost: a\r\n\r\n").path, "?y");
  EXPECT_EQ(accepted("GET http://b HTTP/1.1\r\nHost: a\r\n\r\n").path, "");
  EXPECT_EQ(accepted("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").target_form, TargetForm::kAsterisk);
}

TEST(RequestHead, KeepAliveByVersionAndConnection) {
  const auto keeps = [](const std::string& version, const std::string& lines) {
    return accepted("GET / " + version + "\r\nHost: a\r\n" + lines + "\r\n").keep_alive;
  };
  EXPECT_TRUE(keeps("HTTP/1.1", ""));
  EXPECT_FALSE(keeps("HTTP/1.1", "Connection: Close\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1", "Connection: keep-alive\r\nConnection: x, close\r\n"));
  EXPECT_TRUE(keeps("HTTP/1.1", "Connection: closed\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.0", ""));
  EXPECT_TRUE(keeps("HTTP/1.0", "Connection: Keep-Alive\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.0", "Connection: keep-alive, close\r\n"));
}

TEST(RequestHead, Expectations) {
  const auto head = [](const std::string& version, const std::string& value) {
    return accepted("PUT / " + version + "\r\nHost: a\r\nExpect: " + value + "\r\n\r\n");
  };
  EXPECT_TRUE(head("HTTP/1.1", "100-continue").expect_continue);
  EXPECT_FALSE(head("HTTP/1.1", "100-continue").expect_unknown);
  EXPECT_TRUE(head("HTTP/1.1", "200-maybe").expect_unknown);
  EXPECT_TRUE(head("HTTP/1.1", "100-continue, x").expect_unknown);
  EXPECT_FALSE(head("HTTP/1.0", "100-continue").expect_continue);
  EXPECT_FALSE(head("HTTP/1.0", "x").expect_unknown);
}

TEST(RequestHead, Upgrades) {
  const auto head = [](const std::string& lines) {
    return accepted("GET / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n");
  };
  const RequestHead both = head("Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n");
  EXPECT_TRUE(both.upgrade_requested);
  EXPECT_TRUE(both.upgrade_websocket);
  EXPECT_EQ(both.upgrade, "WebSocket");
  const RequestHead h2c =
      head("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n");
  EXPECT_TRUE(h2c.upgrade_requested);
  EXPECT_FALSE(h2c.upgrade_websocket);
  EXPECT_FALSE(h2c.connection_nominates);
  EXPECT_FALSE(head("Upgrade: websocket\r\n").upgrade_requested);
  EXPECT_FALSE(head("Connection: upgrade\r\n").upgrade_requested);
  EXPECT_FALSE(accepted("GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
                   .upgrade_requested);
}

TEST(RequestHead, TrailersOnlyWithTheConnectionOption) {
  EXPECT_TRUE(accepted("GET / HTTP/1.1\r\nHost: a\r\nTE: gzip, Trailers\r\nConnection: te\r\n\r\n")
                  .te_trailers);
  EXPECT_FALSE(accepted("GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n").te_trailers);
  EXPECT_FALSE(
      accepted("GET / HTTP/1.1\r\nHost: a\r\nTE: gzip\r\nConnection: te\r\n\r\n").te_trailers);
}

TEST(RequestHead, Http2Preface) {
  const std::string preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  RequestHead head;
  for (std::size_t size = 1; size < 18; ++size) {
    const HeadResult result =
        parse_request(std::string_view(preface).substr(0, size), head, size - 1);
    EXPECT_EQ(result.state, HeadResult::kNeedMore) << size;
  }
  for (const std::size_t size : {std::size_t{18}, preface.size()}) {
    const HeadResult result = parse_request(std::string_view(preface).substr(0, size), head, 17);
    EXPECT_EQ(result.state, HeadResult::kHttp2Preface);
    EXPECT_EQ(result.size, 0U);
  }
}

TEST(RequestHead, SurvivesAMoveOfItsBytes) {
  std::string bytes =
      "GET http://b.example/x HTTP/1.1\r\nHost: a\r\nX:\r\nConnection: upgrade\r\nUpgrade: "
      "websocket\r\n\r\n";
  RequestHead head;
  ASSERT_EQ(parse_request(bytes, head).state, HeadResult::kDone);
  const std::string moved = bytes;
  head.rebase(bytes.data(), moved.data());
  std::fill(bytes.begin(), bytes.end(), '?');
  EXPECT_EQ(head.method, "GET");
  EXPECT_EQ(head.target, "http://b.example/x");
  EXPECT_EQ(head.path, "/x");
  EXPECT_EQ(head.host, "b.example");
  EXPECT_EQ(head.upgrade, "websocket");
  ASSERT_EQ(head.fields.size(), 4U);
  EXPECT_EQ(head.fields[0].value, "a");
  EXPECT_EQ(head.fields[1].name, "X");
  EXPECT_EQ(head.fields[1].value.data(), moved.data() + moved.find("X:") + 2);
}

TEST(RequestHead, IsReusedWithoutTraces) {
  RequestHead head = accepted(
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close, x\r\nExpect: "
      "100-continue\r\n\r\n");
  const std::string second = "GET /b HTTP/1.1\r\nHost: b\r\n\r\n";
  ASSERT_EQ(parse_request(second, head).state, HeadResult::kDone);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_EQ(head.framing, Framing::kNone);
  EXPECT_FALSE(head.expect_continue || head.connection_nominates);
  EXPECT_FALSE(head.has(HeaderId::kContentLength));
  EXPECT_EQ(head.fields.size(), 1U);
}

TEST(HeadLimits, LinesAreCounted) {
  const auto parse = [](std::size_t lines) {
    std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (std::size_t i = 1; i < lines; ++i) {
      bytes += "X: y\r\n";
    }
    RequestHead head;
    return parse_request(bytes + "\r\n", head);
  };
  EXPECT_EQ(parse(100).state, HeadResult::kDone);
  EXPECT_EQ(parse(101).error, ErrorCode::kHeadTooLarge);
}

TEST(HeadLimits, BytesAreCounted) {
  const HeadLimits limits{.head_bytes_max = 200};
  const auto parse = [&limits](std::size_t size) {
    std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    bytes += std::string(size - bytes.size() - 4, 'v') + "\r\n\r\n";
    EXPECT_EQ(bytes.size(), size);
    RequestHead head;
    const HeadResult whole = parse_request(bytes + "body", head, 0, limits);
    for (std::size_t cut = 1; cut < size; ++cut) {
      HeadResult part = parse_request(std::string_view(bytes).substr(0, cut), head, 0, limits);
      if (part.state == HeadResult::kNeedMore) {
        part = parse_request(bytes, head, cut, limits);
      }
      EXPECT_EQ(part.state, whole.state);
      EXPECT_EQ(part.error, whole.error);
    }
    return whole;
  };
  EXPECT_EQ(parse(200).state, HeadResult::kDone);
  EXPECT_EQ(parse(201).error, ErrorCode::kHeadTooLarge);
  EXPECT_EQ(parse(300).error, ErrorCode::kHeadTooLarge);
  RequestHead head;
  EXPECT_EQ(parse_request("PRI * HTTP/2.0\r\n" + std::string(300, 'x'), head, 0, limits).state,
            HeadResult::kError);
}

TEST(HeadLimits, TargetsAreMeasured) {
  const HeadLimits limits{.head_bytes_max = 200, .target_bytes_max = 50};
  const auto parse = [&limits](const std::string& bytes) {
    RequestHead head;
    return parse_request(bytes, head, 0, limits);
  };
  const auto line = [](std::size_t size) {
    return "GET /" + std::string(size - 1, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  };
  EXPECT_EQ(parse(line(50)).state, HeadResult::kDone);
  EXPECT_EQ(parse(line(51)).error, ErrorCode::kTargetTooLong);
  EXPECT_EQ(parse("GET /" + std::string(100, 'x')).state, HeadResult::kNeedMore);
  EXPECT_EQ(parse("GET /" + std::string(300, 'x')).error, ErrorCode::kTargetTooLong);
}

TEST(ResponseHead, HoldsWhatWasSent) {
  const ResponseHead head = accepted_response(
      "HTTP/1.0 429 Too Many\r\nRetry-After: 7\r\nContent-Length: 3\r\nConnection: "
      "keep-alive\r\n\r\n");
  EXPECT_EQ(head.status, 429);
  EXPECT_EQ(head.reason, "Too Many");
  EXPECT_EQ(head.minor_version, 0);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_EQ(head.framing, Framing::kLength);
  EXPECT_EQ(head.content_length, 3U);
  EXPECT_EQ(head.find(HeaderId::kRetryAfter)->value, "7");
}

TEST(ResponseHead, BodyOrNot) {
  const auto framing = [](const std::string& status, const std::string& lines,
                          bool to_head = false) {
    return accepted_response("HTTP/1.1 " + status + " X\r\n" + lines + "\r\n", to_head).framing;
  };
  const std::string length = "Content-Length: 5\r\n";
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  EXPECT_EQ(framing("200", length), Framing::kLength);
  EXPECT_EQ(framing("200", chunked), Framing::kChunked);
  EXPECT_EQ(framing("200", ""), Framing::kUntilClose);
  EXPECT_EQ(framing("500", ""), Framing::kUntilClose);
  EXPECT_EQ(framing("200", length, true), Framing::kNone);
  EXPECT_EQ(framing("200", "", true), Framing::kNone);
  EXPECT_EQ(framing("304", length), Framing::kNone);
  EXPECT_EQ(framing("204", ""), Framing::kNone);
  EXPECT_EQ(framing("103", ""), Framing::kNone);
  EXPECT_EQ(framing("101", "Connection: upgrade\r\nUpgrade: websocket\r\n"), Framing::kNone);
}

TEST(ResponseHead, ReuseOnlyWhereTheEndIsCertain) {
  const auto keeps = [](const std::string& bytes, bool to_head = false) {
    return accepted_response(bytes, to_head).keep_alive;
  };
  EXPECT_TRUE(keeps("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1 200 OK\r\n\r\n"));
  EXPECT_TRUE(keeps("HTTP/1.1 200 OK\r\n\r\n", true));
  EXPECT_TRUE(keeps("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n"));
  EXPECT_FALSE(
      keeps("HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"));
}

TEST(ResponseHead, HeadAnswersKeepTheirLength) {
  const ResponseHead head = accepted_response("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true);
  EXPECT_TRUE(head.has_content_length);
  EXPECT_EQ(head.content_length, 5U);
}

}  // namespace
}  // namespace penstock::http1
