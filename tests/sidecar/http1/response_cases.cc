#include "tests/sidecar/http1/head_cases.h"

namespace penstock::http1::testing {
namespace {

constexpr std::optional<ErrorCode> kBad = ErrorCode::kUpstreamFailed;

HeadCase with(std::string name, const std::string& lines, std::optional<ErrorCode> error = {}) {
  return {std::move(name), "HTTP/1.1 200 OK\r\n" + lines + "\r\n", error};
}

HeadCase line(std::string name, const std::string& text, std::optional<ErrorCode> error = {}) {
  return {std::move(name), text + "\r\nContent-Length: 0\r\n\r\n", error};
}

}  // namespace

const std::vector<HeadCase>& response_cases() {
  static const std::vector<HeadCase> all = {
      line("ok", "HTTP/1.1 200 OK"),
      line("http/1.0", "HTTP/1.0 200 OK"),
      line("long reason", "HTTP/1.1 429 Too Many Requests, try \t later"),
      line("no reason", "HTTP/1.1 200 "),
      line("no reason and no space", "HTTP/1.1 200"),
      line("high bytes in the reason", "HTTP/1.1 404 Nicht gefunden \xC3\xA4"),
      line("status beyond the classes", "HTTP/1.1 999 Odd"),
      {"continue", "HTTP/1.1 100 Continue\r\n\r\n", {}},
      {"no content", "HTTP/1.1 204 No Content\r\n\r\n", {}},
      {"not modified with length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", {}},
      with("until close", ""),
      with("chunked", "Transfer-Encoding: chunked\r\n"),
      with("length", "Content-Length: 12\r\n"),
      with("event stream", "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"),

      line("http/2", "HTTP/2 200", kBad),
      line("http/2.0", "HTTP/2.0 200 OK", kBad),
      line("http/0.9", "HTTP/0.9 200 OK", kBad),
      line("http/1.2", "HTTP/1.2 200 OK", kBad),
      line("other protocol", "ICY 200 OK", kBad),
      line("lower case", "http/1.1 200 OK", kBad),
      line("two digits", "HTTP/1.1 20 OK", kBad),
      line("four digits", "HTTP/1.1 2000 OK", kBad),
      line("letters as status", "HTTP/1.1 2x0 OK", kBad),
      line("status below 100", "HTTP/1.1 099 Low", kBad),
      line("two spaces", "HTTP/1.1  200 OK", kBad),
      line("tab for space", "HTTP/1.1\t200 OK", kBad),
      line("status glued to the reason", "HTTP/1.1 200OK", kBad),
      line("nul in the reason", std::string("HTTP/1.1 200 O\0K", 16), kBad),
      line("carriage return in the reason", "HTTP/1.1 200 O\rK", kBad),
      line("no status", "HTTP/1.1", kBad),
      {"leading empty line", "\r\nHTTP/1.1 200 OK\r\n\r\n", kBad},
      {"bare line feed", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", kBad},
      {"html", "<html>busy</html>", kBad},
      with("length and chunked", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", kBad),
      with("two lengths", "Content-Length: 5\r\nContent-Length: 6\r\n", kBad),
      with("list of lengths", "Content-Length: 5, 5\r\n", kBad),
      with("bad length", "Content-Length: five\r\n", kBad),
      with("unknown coding", "Transfer-Encoding: gzip, chunked\r\n", kBad),
      {"chunked on http/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", kBad},
      with("folded line", "X: a\r\n b\r\n", kBad),
      with("space before the colon", "X : a\r\n", kBad),
      with("nul in a value", std::string("X: a\0b\r\n", 8), kBad),
      with("bare line feed in a value", "X: a\nSet-Cookie: b\r\n", kBad),
  };
  return all;
}

}  // namespace penstock::http1::testing
