#include "tests/sidecar/http1/head_cases.h"

namespace penstock::http1::testing {
namespace {

using enum ErrorCode;

// "GET / HTTP/1.1" with a Host and further lines.
HeadCase with(std::string name, const std::string& lines, std::optional<ErrorCode> error = {}) {
  return {std::move(name), "GET / HTTP/1.1\r\nHost: a.example\r\n" + lines + "\r\n", error};
}

// A request line, with a valid Host below it.
HeadCase line(std::string name, const std::string& text, std::optional<ErrorCode> error = {}) {
  return {std::move(name), text + "\r\nHost: a.example\r\n\r\n", error};
}

HeadCase host(std::string name, const std::string& value, std::optional<ErrorCode> error = {}) {
  return {std::move(name), "GET / HTTP/1.1\r\nHost:" + value + "\r\n\r\n", error};
}

std::vector<HeadCase> start_lines() {
  return {
      line("get", "GET / HTTP/1.1"),
      line("post", "POST /v1/chat/completions HTTP/1.1"),
      line("query", "GET /v1/models?limit=20&after=x%2Fy HTTP/1.1"),
      line("raw utf-8 in the target", "GET /p\xC3\xA4th HTTP/1.1"),
      line("unusual method", "M-SEARCH!#$%&'*+.^_`|~9 / HTTP/1.1"),
      line("lower-case method is another method", "get / HTTP/1.1"),
      line("absolute target", "GET http://b.example:8080/x?y HTTP/1.1"),
      line("absolute https target", "GET HTTPS://b.example/x HTTP/1.1"),
      line("absolute target without path", "GET http://b.example HTTP/1.1"),
      line("absolute target with query only", "GET http://b.example?x=1 HTTP/1.1"),
      line("double slash is a path", "GET //b.example/x HTTP/1.1"),
      line("asterisk", "OPTIONS * HTTP/1.1"),
      line("http/1.0", "GET / HTTP/1.0"),
      {"http/1.0 without host", "GET / HTTP/1.0\r\n\r\n", {}},
      {"one leading empty line", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", {}},

      {"two leading empty lines", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", kInvalidRequest},
      {"leading bare line feed", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", kInvalidRequest},
      line("leading space", " GET / HTTP/1.1", kInvalidRequest),
      line("two spaces after the method", "GET  / HTTP/1.1", kInvalidRequest),
      line("two spaces after the target", "GET /  HTTP/1.1", kInvalidRequest),
      line("tab after the method", "GET\t/ HTTP/1.1", kInvalidRequest),
      line("tab after the target", "GET /\tHTTP/1.1", kInvalidRequest),
      line("space in the target", "GET /a b HTTP/1.1", kInvalidRequest),
      line("space after the version", "GET / HTTP/1.1 ", kInvalidRequest),
      line("colon in the method", "GE:T / HTTP/1.1", kInvalidRequest),
      line("high byte in the method", "G\xC3\x84T / HTTP/1.1", kInvalidRequest),
      line("method alone", "GET", kInvalidRequest),
      line("no version", "GET /", kInvalidRequest),
      line("no target", "GET HTTP/1.1", kInvalidRequest),
      line("empty target", "GET  HTTP/1.1", kInvalidRequest),
      line("control byte in the target", "GET /\x01 HTTP/1.1", kInvalidRequest),
      line("nul in the target", std::string("GET /\0 HTTP/1.1", 15), kInvalidRequest),
      line("delete byte in the target", "GET /\x7F HTTP/1.1", kInvalidRequest),
      line("fragment in the target", "GET /#x HTTP/1.1", kInvalidRequest),
      line("relative target", "GET v1/models HTTP/1.1", kInvalidRequest),
      line("asterisk for another method", "GET * HTTP/1.1", kInvalidRequest),
      line("authority form for another method", "GET a.example:80 HTTP/1.1", kInvalidRequest),
      line("absolute target of another scheme", "GET ftp://a.example/ HTTP/1.1", kInvalidRequest),
      line("absolute target without authority", "GET http:///x HTTP/1.1", kInvalidRequest),
      line("user info in the target", "GET http://u:p@a.example/ HTTP/1.1", kInvalidRequest),
      line("bad port in the target", "GET http://a.example:99999/ HTTP/1.1", kInvalidRequest),
      line("connect", "CONNECT a.example:443 HTTP/1.1", kNotImplemented),
      line("lower-case version", "GET / http/1.1", kInvalidRequest),
      line("version without minor", "GET / HTTP/1", kInvalidRequest),
      line("version with two digits", "GET / HTTP/1.10", kInvalidRequest),
      line("version with leading zero", "GET / HTTP/01.1", kInvalidRequest),
      line("version with comma", "GET / HTTP/1,1", kInvalidRequest),
      line("another protocol", "GET / HTTQ/1.1", kInvalidRequest),
      line("http/0.9", "GET / HTTP/0.9", kVersionNotSupported),
      line("http/1.2", "GET / HTTP/1.2", kVersionNotSupported),
      line("http/2.0", "GET / HTTP/2.0", kVersionNotSupported),
      line("preface line with fields", "PRI * HTTP/2.0", kVersionNotSupported),
      {"bare line feed after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", kInvalidRequest},
      {"bare line feeds only", "GET / HTTP/1.1\nHost: a\n\n", kInvalidRequest},
      {"carriage return twice", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", kInvalidRequest},
      {"bare carriage return as line end", "GET / HTTP/1.1\rHost: a\r\n\r\n", kInvalidRequest},
      {"tls client hello", std::string("\x16\x03\x01\x02\x00\x01\x00", 7), kInvalidRequest},
      {"socks greeting", std::string("\x05\x01\x00", 3), kInvalidRequest},
  };
}

std::vector<HeadCase> hosts() {
  return {
      host("name", " a.example"),
      host("name and port", " a.example:8080"),
      host("empty port", " a.example:"),
      host("ipv4", " 127.0.0.1:80"),
      host("ipv6", " [::1]:80"),
      host("ipv6 without port", " [2001:db8::1]"),
      host("underscore", " my_service"),
      host("escaped", " a%2Db"),

      {"no host", "GET / HTTP/1.1\r\nAccept: */*\r\n\r\n", kInvalidRequest},
      {"no fields at all", "GET / HTTP/1.1\r\n\r\n", kInvalidRequest},
      {"no host beside an absolute target", "GET http://a/ HTTP/1.1\r\n\r\n", kInvalidRequest},
      with("second host", "Host: b.example\r\n", kInvalidRequest),
      with("second equal host", "host: a.example\r\n", kInvalidRequest),
      {"two hosts on http/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", kInvalidRequest},
      {"bad host on http/1.0", "GET / HTTP/1.0\r\nHost: a/b\r\n\r\n", kInvalidRequest},
      host("empty host", "", kInvalidRequest),
      host("blank host", "  ", kInvalidRequest),
      host("space in the host", " a b", kInvalidRequest),
      host("comma in the host", " a,b", kInvalidRequest),
      host("path in the host", " a/b", kInvalidRequest),
      host("user in the host", " u@a", kInvalidRequest),
      host("scheme in the host", " http://a", kInvalidRequest),
      host("port alone", " :80", kInvalidRequest),
      host("letters as port", " a:8o", kInvalidRequest),
      host("port too large", " a:65536", kInvalidRequest),
      host("two ports", " a:80:80", kInvalidRequest),
      host("open bracket", " [::1", kInvalidRequest),
      host("name in brackets", " [abc]", kInvalidRequest),
      host("text after the bracket", " [::1]x", kInvalidRequest),
      host("broken escape", " a%2", kInvalidRequest),
  };
}

std::vector<HeadCase> fields() {
  return {
      with("no space after the colon", "X:y\r\n"),
      with("much space around the value", "X: \t y \t \r\n"),
      with("empty value", "X:\r\n"),
      with("blank value", "X:  \t\r\n"),
      with("tab in a value", "X: a\tb\r\n"),
      with("high bytes in a value", "X: \xE2\x82\xAC\xFF\r\n"),
      with("colons in a value", "X: a: b\r\n"),
      with("every mark in a name", "!#$%&'*+-.^_`|~: y\r\n"),
      with("long value", "X: " + std::string(5000, 'v') + "\r\n"),
      with("long name", std::string(300, 'n') + ": v\r\n"),

      with("space before the colon", "X : y\r\n", kInvalidRequest),
      with("tab before the colon", "X\t: y\r\n", kInvalidRequest),
      with("space before the framing colon", "Content-Length : 5\r\n", kInvalidRequest),
      with("folded line", "X: a\r\n b\r\n", kInvalidRequest),
      with("folded line by tab", "X: a\r\n\tb\r\n", kInvalidRequest),
      with("folded empty line", "X: a\r\n \r\n", kInvalidRequest),
      {"space before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", kInvalidRequest},
      with("no colon", "X\r\n", kInvalidRequest),
      with("empty name", ": y\r\n", kInvalidRequest),
      with("space in a name", "X Y: z\r\n", kInvalidRequest),
      with("bracket in a name", "X(Y): z\r\n", kInvalidRequest),
      with("high byte in a name", "X\xC3\xA4: z\r\n", kInvalidRequest),
      with("nul in a name", std::string("X\0: y\r\n", 7), kInvalidRequest),
      with("nul in a value", std::string("X: a\0b\r\n", 8), kInvalidRequest),
      with("escape in a value", "X: a\x1B[0m\r\n", kInvalidRequest),
      with("delete byte in a value", "X: a\x7F\r\n", kInvalidRequest),
      with("vertical tab in a value", "X: a\x0B\r\n", kInvalidRequest),
      with("bare carriage return in a value", "X: a\rb\r\n", kInvalidRequest),
      with("bare carriage return before the line end", "X: a\r\r\n", kInvalidRequest),
      with("bare line feed in a value", "X: a\nY: b\r\n", kInvalidRequest),
      with("bare line feed as the empty line", "X: a\r\n\nGET /x HTTP/1.1\r\n", kInvalidRequest),
      with("bare carriage return as the empty line", "X: a\r\n\rY\r\n", kInvalidRequest),
  };
}

std::vector<HeadCase> framing() {
  return {
      with("length", "Content-Length: 5\r\n"),
      with("zero length", "Content-Length: 0\r\n"),
      with("leading zeros", "Content-Length: 0005\r\n"),
      with("largest length", "Content-Length: 9223372036854775807\r\n"),
      with("chunked", "Transfer-Encoding: chunked\r\n"),
      with("chunked in capitals", "TRANSFER-ENCODING: Chunked\r\n"),
      with("expect", "Content-Length: 5\r\nExpect: 100-Continue\r\n"),
      with("connection close", "Connection: close\r\n"),
      with("empty connection members", "Connection: , ,close,\r\n"),

      with("length and chunked", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
           kInvalidRequest),
      with("chunked and length", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
           kInvalidRequest),
      with("length and unknown coding", "Content-Length: 5\r\nTransfer-Encoding: x\r\n",
           kInvalidRequest),
      with("two lengths", "Content-Length: 5\r\nContent-Length: 6\r\n", kInvalidRequest),
      with("two equal lengths", "Content-Length: 5\r\nContent-Length: 5\r\n", kInvalidRequest),
      with("list of equal lengths", "Content-Length: 5, 5\r\n", kInvalidRequest),
      with("list of lengths", "Content-Length: 5,6\r\n", kInvalidRequest),
      with("empty length", "Content-Length:\r\n", kInvalidRequest),
      with("signed length", "Content-Length: +5\r\n", kInvalidRequest),
      with("negative length", "Content-Length: -5\r\n", kInvalidRequest),
      with("hexadecimal length", "Content-Length: 0x5\r\n", kInvalidRequest),
      with("fractional length", "Content-Length: 5.0\r\n", kInvalidRequest),
      with("exponent length", "Content-Length: 1e1\r\n", kInvalidRequest),
      with("space in the length", "Content-Length: 5 5\r\n", kInvalidRequest),
      with("letters behind the length", "Content-Length: 5a\r\n", kInvalidRequest),
      with("underscore in the length", "Content-Length: 1_0\r\n", kInvalidRequest),
      with("fullwidth digit", "Content-Length: \xEF\xBC\x95\r\n", kInvalidRequest),
      with("length of 2^63", "Content-Length: 9223372036854775808\r\n", kInvalidRequest),
      with("length of 2^64", "Content-Length: 18446744073709551616\r\n", kInvalidRequest),
      with("length of many digits", "Content-Length: " + std::string(40, '9') + "\r\n",
           kInvalidRequest),
      with("two chunked lines", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
           kNotImplemented),
      with("chunked twice", "Transfer-Encoding: chunked, chunked\r\n", kNotImplemented),
      with("gzip, chunked", "Transfer-Encoding: gzip, chunked\r\n", kNotImplemented),
      with("chunked, identity", "Transfer-Encoding: chunked, identity\r\n", kNotImplemented),
      with("identity", "Transfer-Encoding: identity\r\n", kNotImplemented),
      with("unknown coding", "Transfer-Encoding: xchunked\r\n", kNotImplemented),
      with("chunked with parameter", "Transfer-Encoding: chunked;q=1\r\n", kNotImplemented),
      with("quoted chunked", "Transfer-Encoding: \"chunked\"\r\n", kNotImplemented),
      with("trailing comma", "Transfer-Encoding: chunked,\r\n", kNotImplemented),
      with("empty coding", "Transfer-Encoding:\r\n", kNotImplemented),
      with("coding split over lines", "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
           kNotImplemented),
      with("vertical tab before chunked",
           "Transfer-Encoding: \x0B"
           "chunked\r\n",
           kInvalidRequest),
      {"chunked on http/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
       kInvalidRequest},
      with("connection option that is no token", "Connection: keep alive\r\n", kInvalidRequest),
      with("nominations without end", "Connection: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q\r\n",
           kInvalidRequest),
  };
}

}  // namespace

const std::vector<HeadCase>& request_cases() {
  static const std::vector<HeadCase> all = [] {
    std::vector<HeadCase> cases;
    for (std::vector<HeadCase>& group : std::vector{start_lines(), hosts(), fields(), framing()}) {
      cases.insert(cases.end(), group.begin(), group.end());
    }
    return cases;
  }();
  return all;
}

}  // namespace penstock::http1::testing
