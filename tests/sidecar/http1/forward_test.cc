#include "sidecar/http1/forward.h"

#include <array>
#include <string>

#include <gtest/gtest.h>

#include "sidecar/http1/head_parser.h"
#include "sidecar/http1/head_writer.h"

namespace penstock::http1 {
namespace {

std::string upstream(const std::string& bytes, const UpstreamHeadEdits& edits) {
  RequestHead head;
  const HeadResult result = parse_request_head(bytes, {}, head);
  EXPECT_EQ(result.state, HeadResult::kDone) << result.reason;
  std::string out;
  build_upstream_head(out, head, edits);
  // Whatever was sent, what leaves is a head that the strict parser accepts.
  RequestHead again;
  EXPECT_EQ(parse_request_head(out, {}, again).state, HeadResult::kDone) << out;
  return out;
}

std::string downstream(const std::string& bytes, const DownstreamHeadEdits& edits,
                       bool to_head = false) {
  ResponseHead head;
  const HeadResult result = parse_response_head(bytes, {}, to_head, head);
  EXPECT_EQ(result.state, HeadResult::kDone) << result.reason;
  std::string out;
  build_downstream_head(out, head, edits);
  ResponseHead again;
  EXPECT_EQ(parse_response_head(out, {}, to_head, again).state, HeadResult::kDone) << out;
  return out;
}

TEST(UpstreamHead, NothingToChangeIsByteForByte) {
  const std::string bytes =
      "POST /v1/x?y=1 HTTP/1.1\r\nhOST:a.example\r\nX-One: \t 1\r\nX-Two:\r\naCCept: */*\r\n"
      "Content-length: 5\r\nx-one: again\r\n\r\n";
  EXPECT_EQ(upstream(bytes, {.framing = Framing::kLength, .content_length = 5}), bytes);
}

TEST(UpstreamHead, SpaceBehindValuesIsNotForwarded) {
  EXPECT_EQ(upstream("GET / HTTP/1.1\r\nHost: a \r\nX: 1\t\r\nY: 2\r\n\r\n", {}),
            "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nY: 2\r\n\r\n");
}

TEST(UpstreamHead, HostAndTargetAreTheBackends) {
  const UpstreamHeadEdits edits{.path_prefix = "/openai", .host = "b.example:8443"};
  EXPECT_EQ(upstream("GET /v1/models?x HTTP/1.1\r\nAccept: a\r\nHOST: a.example\r\n\r\n", edits),
            "GET /openai/v1/models?x HTTP/1.1\r\nAccept: a\r\nHOST: b.example:8443\r\n\r\n");
  EXPECT_EQ(upstream("GET http://a.example/v1 HTTP/1.1\r\nHost: x\r\n\r\n", edits),
            "GET /openai/v1 HTTP/1.1\r\nHost: b.example:8443\r\n\r\n");
  EXPECT_EQ(upstream("GET / HTTP/1.0\r\n\r\n", edits),
            "GET /openai/ HTTP/1.1\r\nhost: b.example:8443\r\n\r\n");
}

TEST(UpstreamHead, AbsoluteTargetsLoseTheirAuthority) {
  EXPECT_EQ(upstream("GET http://b.example/x HTTP/1.1\r\nHost: a\r\n\r\n", {}),
            "GET /x HTTP/1.1\r\nHost: b.example\r\n\r\n");
  EXPECT_EQ(upstream("GET http://b.example HTTP/1.1\r\nHost: a\r\n\r\n", {}),
            "GET / HTTP/1.1\r\nHost: b.example\r\n\r\n");
  EXPECT_EQ(upstream("GET http://b.example?x HTTP/1.1\r\nHost: a\r\n\r\n", {}),
            "GET /?x HTTP/1.1\r\nHost: b.example\r\n\r\n");
  EXPECT_EQ(upstream("OPTIONS http://b.example HTTP/1.1\r\nHost: a\r\n\r\n", {}),
            "OPTIONS * HTTP/1.1\r\nHost: b.example\r\n\r\n");
  EXPECT_EQ(upstream("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", {.path_prefix = "/p"}),
            "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
}

TEST(UpstreamHead, HopByHopFieldsEndHere) {
  EXPECT_EQ(
      upstream(
          "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, X-Gone, Authorization, upgrade\r\n"
          "X-Gone: 1\r\nX-Stays: 2\r\nAuthorization: k\r\nKeep-Alive: timeout=5\r\nTE: trailers\r\n"
          "Proxy-Connection: keep-alive\r\nProxy-Authorization: p\r\nUpgrade: h2c\r\n"
          "HTTP2-Settings: AA\r\nTrailer: X\r\nx-gone: 3\r\nExpect: 100-continue\r\n\r\n",
          {}),
      "GET / HTTP/1.1\r\nHost: a\r\nX-Stays: 2\r\nAuthorization: k\r\n\r\n");
}

TEST(UpstreamHead, NominatingFramingOrHostChangesNothing) {
  EXPECT_EQ(upstream("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: host, "
                     "content-length\r\n\r\n",
                     {.framing = Framing::kLength, .content_length = 3}),
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n");
}

TEST(UpstreamHead, FramingIsStatedAnew) {
  const std::string chunked =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\nTrailer: X-Sum\r\nX: y\r\n\r\n";
  EXPECT_EQ(
      upstream(chunked, {.framing = Framing::kChunked}),
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\nX: y\r\n\r\n");
  EXPECT_EQ(upstream(chunked, {.framing = Framing::kLength, .content_length = 12}),
            "POST / HTTP/1.1\r\nHost: a\r\nX: y\r\ncontent-length: 12\r\n\r\n");
  const std::string length = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0012\r\nX: y\r\n\r\n";
  EXPECT_EQ(upstream(length, {.framing = Framing::kLength, .content_length = 12}),
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\nX: y\r\n\r\n");
  EXPECT_EQ(upstream(length, {.framing = Framing::kChunked}),
            "POST / HTTP/1.1\r\nHost: a\r\nX: y\r\ntransfer-encoding: chunked\r\n\r\n");
  EXPECT_EQ(upstream(length, {}), "POST / HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n");
}

TEST(UpstreamHead, FieldsAreEdited) {
  const std::array edits = {
      FieldEdit{HeaderId::kAuthorization, "authorization", "Bearer backend"},
      FieldEdit{HeaderId::kApiKey, "x-api-key", {}},
      FieldEdit{HeaderId::kAcceptEncoding, "accept-encoding", "identity"},
      FieldEdit{HeaderId::kOther, "x-tenant", {}},
      FieldEdit{HeaderId::kOther, "x-team", "blue"},
  };
  const std::array added = {AddedField{"x-extra", "1"}};
  EXPECT_EQ(
      upstream("GET / HTTP/1.1\r\nHost: a\r\nX-Api-Key: client\r\nAUTHORIZATION: Bearer "
               "client\r\nX-Tenant: t\r\n"
               "Accept: b\r\nauthorization: Bearer second\r\nX-TEAM: red\r\nX-Teams: c\r\n\r\n",
               {.edits = edits, .added = added}),
      "GET / HTTP/1.1\r\nHost: a\r\nAUTHORIZATION: Bearer backend\r\nAccept: b\r\nX-TEAM: blue\r\n"
      "X-Teams: c\r\naccept-encoding: identity\r\nx-extra: 1\r\n\r\n");
}

TEST(UpstreamHead, OurOwnConnectionFields) {
  const std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n";
  EXPECT_EQ(upstream(bytes, {.close = true}),
            "GET / HTTP/1.1\r\nHost: a\r\nconnection: close\r\n\r\n");
  EXPECT_EQ(upstream(bytes, {.drop_expect = false}),
            "GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(upstream(bytes, {.te_trailers = true}),
            "GET / HTTP/1.1\r\nHost: a\r\nconnection: te\r\nte: trailers\r\n\r\n");
  EXPECT_EQ(upstream(bytes, {.close = true, .te_trailers = true}),
            "GET / HTTP/1.1\r\nHost: a\r\nconnection: close, te\r\nte: trailers\r\n\r\n");
  EXPECT_EQ(
      upstream("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c, websocket\r\n"
               "Sec-WebSocket-Version: 13\r\n\r\n",
               {.upgrade = "websocket"}),
      "GET / HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Version: 13\r\nconnection: upgrade\r\nupgrade: "
      "websocket\r\n\r\n");
}

TEST(UpstreamHead, FieldsTakenOutStayOut) {
  const std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nSecret: s\r\nY: 2\r\n\r\n";
  RequestHead head;
  ASSERT_EQ(parse_request_head(bytes, {}, head).state, HeadResult::kDone);
  head.fields.erase(head.fields.begin() + 2);
  std::string out;
  build_upstream_head(out, head, {});
  EXPECT_EQ(out, "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nY: 2\r\n\r\n");
}

TEST(UpstreamHead, NothingConfiguredBreaksOutOfItsLine) {
  const std::array edits = {
      FieldEdit{HeaderId::kAuthorization, "authorization", "Bearer k\r\nX-Evil: 1\n"}};
  EXPECT_EQ(upstream("GET / HTTP/1.1\r\nHost: a\r\n\r\n", {.edits = edits}),
            "GET / HTTP/1.1\r\nHost: a\r\nauthorization: Bearer k  X-Evil: 1 \r\n\r\n");
}

TEST(DownstreamHead, NothingToChangeIsByteForByte) {
  const std::string bytes =
      "HTTP/1.1 429 Slow down\r\nContent-Type:application/json\r\nRETRY-AFTER: 3\r\nSet-Cookie: "
      "a\r\n"
      "Set-Cookie: b\r\nContent-Length: 9\r\n\r\n";
  EXPECT_EQ(downstream(bytes, {.framing = Framing::kLength, .content_length = 9}), bytes);
}

TEST(DownstreamHead, VersionAndMissingPhrase) {
  EXPECT_EQ(downstream("HTTP/1.0 200\r\nContent-Length: 1\r\n\r\n",
                       {.framing = Framing::kLength, .content_length = 1}),
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n");
  EXPECT_EQ(downstream("HTTP/1.1 799\r\nContent-Length: 1\r\n\r\n",
                       {.framing = Framing::kLength, .content_length = 1}),
            "HTTP/1.1 799 \r\nContent-Length: 1\r\n\r\n");
}

TEST(DownstreamHead, FramingIsStatedAnew) {
  const std::string bytes =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\nConnection: close\r\nY: "
      "2\r\n\r\n";
  EXPECT_EQ(downstream(bytes, {.framing = Framing::kChunked}),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\nY: 2\r\n\r\n");
  EXPECT_EQ(
      downstream(bytes, {.framing = Framing::kLength, .content_length = 7, .keep_alive = true}),
      "HTTP/1.1 200 OK\r\nY: 2\r\ncontent-length: 7\r\nconnection: keep-alive\r\n\r\n");
  EXPECT_EQ(downstream(bytes, {.framing = Framing::kUntilClose}),
            "HTTP/1.1 200 OK\r\nY: 2\r\nconnection: close\r\n\r\n");
}

TEST(DownstreamHead, AnswersWithoutBody) {
  const std::string length = "\r\nContent-Length: 0005\r\n\r\n";
  EXPECT_EQ(downstream("HTTP/1.1 200 OK" + length, {}, true),
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(downstream("HTTP/1.1 304 Not Modified" + length, {}),
            "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(downstream("HTTP/1.1 204 No Content" + length, {}), "HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(downstream("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", {}),
            "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
  EXPECT_EQ(
      downstream("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Accept: s\r\n\r\n",
                 {.upgrade = "websocket"}),
      "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: s\r\nconnection: upgrade\r\n"
      "upgrade: websocket\r\n\r\n");
}

TEST(DownstreamHead, FieldsAreEditedAndAdded) {
  const std::array edits = {FieldEdit{HeaderId::kServerTiming, "server-timing", "queue;dur=1"}};
  const std::array added = {AddedField{"cache-status", "Penstock; fwd=miss"}};
  EXPECT_EQ(downstream(
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nServer: s\r\n\r\n",
                {.framing = Framing::kLength, .content_length = 1, .edits = edits, .added = added}),
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nServer: s\r\nserver-timing: queue;dur=1\r\n"
            "cache-status: Penstock; fwd=miss\r\n\r\n");
}

TEST(HeadWriter, Lines) {
  std::string out;
  append_request_line(out, "GET", "/x");
  append_status_line(out, 503);
  append_status_line(out, 200, "Fine\nX: 1");
  append_field(out, "a", std::string_view("b\0c", 3));
  append_field(out, "n", std::uint64_t{18446744073709551615U});
  EXPECT_EQ(
      out,
      "GET /x HTTP/1.1\r\nHTTP/1.1 503 Service Unavailable\r\nHTTP/1.1 200 Fine X: 1\r\na: b c\r\n"
      "n: 18446744073709551615\r\n");
  EXPECT_EQ(status_reason(418), "");
  EXPECT_EQ(status_reason(100), "Continue");
  EXPECT_EQ(status_reason(511), "Network Authentication Required");
}

TEST(HeadWriter, ChunkLines) {
  EXPECT_EQ(ChunkSizeLine(1).view(), "1\r\n");
  EXPECT_EQ(ChunkSizeLine(1500).view(), "5dc\r\n");
  EXPECT_EQ(ChunkSizeLine(~std::uint64_t{0}).view(), "ffffffffffffffff\r\n");
}

}  // namespace
}  // namespace penstock::http1
