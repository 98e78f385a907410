"""What reaches the other side: everything that is end to end, byte for byte, and nothing that is hop by hop."""

import json
import re

import pytest
from proxy import policy
from raw import Client, ask
from scripted import OK, Upstream
from stack import eventually, fetch

HOP_BY_HOP = [
    b"keep-alive: timeout=5",
    b"proxy-authenticate: basic",
    b"proxy-authorization: basic abc",
    b"proxy-connection: keep-alive",
    b"te: trailers",
    b"trailer: x-sum",
    b"upgrade: h2c",
    b"http2-settings: AAMAAABkAAQAAP__",
]


def get(target: bytes = b"/x", lines: bytes = b"") -> bytes:
    return b"GET " + target + b" HTTP/1.1\r\nhost: client.example\r\n" + lines + b"\r\n"


def names(message) -> set[bytes]:
    return {name for name, _ in message.fields}


@pytest.mark.parametrize("line", HOP_BY_HOP, ids=lambda line: line.partition(b":")[0].decode())
def test_hop_by_hop_fields_of_a_request_end_here(proxy, upstream, line):
    name = line.partition(b":")[0]
    assert ask(proxy.port, get(lines=line + b"\r\nConnection: close, " + name + b"\r\nx-end: 1\r\n")).status == 200
    request = upstream.take()
    if name == b"te":
        assert request.values(b"te") == [b"trailers"]  # ours anew: trailers do pass
    else:
        assert not names(request) & {name, b"connection"}
    assert request.value(b"x-end") == b"1"


@pytest.mark.parametrize("line", [line for line in HOP_BY_HOP if not line.startswith(b"trailer")], ids=repr)
def test_hop_by_hop_fields_of_an_answer_end_here(proxy, upstream, line):
    upstream.answer(
        b"HTTP/1.1 200 OK\r\n" + line + b"\r\nconnection: keep-alive\r\nx-end: 1\r\ncontent-length: 0\r\n\r\n"
    )
    response = ask(proxy.port, get())
    assert not names(response) & {line.partition(b":")[0], b"connection"}
    assert response.value(b"x-end") == b"1"


def test_nominated_fields_end_here_in_both_directions(proxy, upstream):
    upstream.answer(b"HTTP/1.1 200 OK\r\nX-Hop: 1\r\nconnection: x-hop\r\nx-end: 1\r\ncontent-length: 0\r\n\r\n")
    response = ask(proxy.port, get(lines=b"X-Hop: 1\r\nconnection: x-HOP\r\nx-end: 1\r\n"))
    for message in (response, upstream.take()):
        assert b"x-hop" not in names(message)
        assert message.value(b"x-end") == b"1"


@pytest.mark.parametrize("name", [b"authorization", b"content-length", b"host", b"cookie", b"x-api-key"])
def test_a_nomination_cannot_strip_what_the_upstream_relies_on(proxy, upstream, name):
    lines = b"" if name in (b"content-length", b"host") else name + b": secret\r\n"
    request = b"POST /x HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n" + lines + b"connection: " + name + b"\r\n\r\n{}"
    assert ask(proxy.port, request).status == 200
    seen = upstream.take()
    assert seen.value(name) is not None
    assert seen.body == b"{}"


def test_host_is_the_upstreams(proxy, upstream):
    assert ask(proxy.port, get()).status == 200
    assert upstream.take().value(b"host") == upstream.authority.encode()


@pytest.mark.parametrize(
    "target, path",
    [
        (b"http://other.example/a?b=c", b"/a?b=c"),
        (b"https://other.example:8443/a", b"/a"),
        (b"HTTP://other.example", b"/"),
        (b"http://other.example?q", b"/?q"),
        (b"http://[::1]:80/a", b"/a"),
    ],
)
def test_an_absolute_target_becomes_a_path(proxy, upstream, target, path):
    assert ask(proxy.port, get(target)).status == 200
    request = upstream.take()
    assert (request.target, request.value(b"host")) == (path, upstream.authority.encode())


def test_options_of_the_server_passes(proxy, upstream):
    assert ask(proxy.port, b"OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n").status == 200
    assert upstream.take().target == b"*"


TRACE = b"0af7651916cd43dd8448eb211c80319c"
SPAN = b"b7ad6b7169203331"


@pytest.mark.parametrize("sampled", [b"00", b"01"])
@pytest.mark.parametrize("request_bytes", [b"GET /x", b"POST /v1/chat/completions"], ids=["any", "call"])
def test_a_clients_trace_goes_on_with_a_span_of_ours(proxy, upstream, request_bytes, sampled):
    lines = b"traceparent: 00-%s-%s-%s\r\ntracestate: vendor=a:1,other=b\r\n" % (TRACE, SPAN, sampled)
    spans = []
    for _ in range(2):
        body = b'{"model":"m","messages":[]}' if request_bytes.startswith(b"POST") else b""
        length = b"content-length: %d\r\n" % len(body) if body else b""
        assert ask(proxy.port, request_bytes + b" HTTP/1.1\r\nhost: a\r\n" + lines + length + b"\r\n" + body).status == 200
        request = upstream.take()
        version, trace, span, flags = request.value(b"traceparent").split(b"-")
        assert (version, trace, flags) == (b"00", TRACE, sampled)
        assert re.fullmatch(rb"[0-9a-f]{16}", span) and span not in (SPAN, b"0" * 16)
        assert request.value(b"tracestate") == b"vendor=a:1,other=b"
        spans.append(span)
    assert spans[0] != spans[1]

    def newest():
        shown = json.loads(fetch(proxy.admin_url + "/api/requests"))["requests"]
        return [request.get("traceId") for request in shown[:2]]

    eventually(lambda: newest() == [TRACE.decode()] * 2)


def test_no_trace_is_begun(proxy, upstream):
    assert ask(proxy.port, get()).status == 200
    assert not names(upstream.take()) & {b"traceparent", b"tracestate"}


@pytest.mark.parametrize(
    "value",
    [
        b"00-" + TRACE + b"-" + SPAN,
        b"00-" + b"0" * 32 + b"-" + SPAN + b"-01",
        b"00-" + TRACE + b"-" + b"0" * 16 + b"-01",
        b"ff-" + TRACE + b"-" + SPAN + b"-01",
        b"nonsense",
    ],
)
def test_what_is_no_traceparent_passes_as_it_came(proxy, upstream, value):
    assert ask(proxy.port, get(lines=b"traceparent: " + value + b"\r\n")).status == 200
    assert upstream.take().value(b"traceparent") == value


@pytest.mark.parametrize(
    "target",
    [
        b"/",
        b"//double//slash/",
        b"/a/../b/./c",
        b"/%2e%2e/%2F%00?x=%zz",
        b"/v1/files/abc/content?after=1&limit=2",
        b"/a?b?c",
        b"/a;p=1,2!$'()*+=:@~",
        b'/a"<>\\^`{|}',
        b"/?",
        b"/v1/chat/completions/",
        b"/V1/CHAT/COMPLETIONS",
    ],
)
def test_a_target_passes_byte_for_byte(proxy, upstream, target):
    assert ask(proxy.port, get(target)).status == 200
    assert upstream.take().target == target


@pytest.mark.parametrize("method", [b"DELETE", b"PUT", b"PATCH", b"PROPFIND", b"get", b"M-SEARCH", b"X!#$%&'*+.^_`|~1"])
def test_any_method_passes(proxy, upstream, method):
    assert ask(proxy.port, method + b" /x HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc").status == 200
    request = upstream.take()
    assert (request.method, request.body) == (method, b"abc")


FIELDS = (
    b"X-Mixed-CASE: Value With  Two Spaces\r\n"
    b"x-empty:\r\n"
    b"x-twice: 1\r\nx-between: \xc3\xa9\xff\r\nX-Twice: 2\r\n"
    b"cookie: a=b; c=d\r\naccept-encoding: gzip, br\r\nuser-agent: x/1 (\t tabs \t)\r\n"
    b"authorization: Bearer sk-abc\r\nx-forwarded-for: 1.2.3.4\r\ncache-control: no-store\r\n"
)


def test_fields_of_a_request_pass_byte_for_byte_and_in_order(proxy, upstream):
    assert ask(proxy.port, get(lines=FIELDS)).status == 200
    assert FIELDS in upstream.take().head


def test_fields_of_an_answer_pass_byte_for_byte_and_in_order(proxy, upstream):
    fields = (
        b"Date: Sat, 01 Jan 2000 00:00:00 GMT\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\nSERVER: x\r\n"
        b"x-request-id: req_1\r\nx-ratelimit-remaining: 1\r\nx-empty:\r\nx-high: \xff\r\ncontent-encoding: gzip\r\n"
    )
    upstream.answer(b"HTTP/1.1 418 I'm a teapot\r\n" + fields + b"content-length: 3\r\n\r\n\x1f\x8b\x00")
    response = ask(proxy.port, get(lines=b"accept-encoding: gzip\r\n"))
    assert (response.status, response.reason, response.body) == (418, b"I'm a teapot", b"\x1f\x8b\x00")
    assert fields in response.head


@pytest.mark.parametrize("status", [200, 201, 202, 206, 299, 301, 307, 400, 401, 404, 409, 422, 429, 500, 503, 529, 599])
def test_any_status_passes_with_its_body(proxy, upstream, status):
    upstream.answer(b"HTTP/1.1 %d Some Reason\r\ncontent-length: 4\r\nlocation: /y\r\n\r\nbody" % status)
    response = ask(proxy.port, get())
    assert (response.status, response.reason, response.body) == (status, b"Some Reason", b"body")
    assert response.value(b"location") == b"/y"


def test_a_reason_may_be_missing(proxy, upstream):
    upstream.answer(b"HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n")
    assert ask(proxy.port, get()).status == 200


@pytest.mark.parametrize("target", [b"/opaque", b"/v1/audio/transcriptions", b"/v1/chat/completions", b"/v1/messages"])
@pytest.mark.parametrize(
    "body",
    [bytes(range(256)), b"{not json", b'{"model":"m","a":1.0,"a":2,"z":{ "u" :\t1e5}}', b"\xff\xfe{}", b"{}\n"],
    ids=["bytes", "no json", "odd json", "no utf-8", "newline"],
)
def test_a_body_passes_byte_for_byte(proxy, upstream, target, body):
    request = b"POST " + target + b" HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % len(body) + body
    upstream.answer(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
    assert ask(proxy.port, request).body == body
    assert upstream.take().body == body


SMUGGLED = b"GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n"


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"POST /x HTTP/1.1\r\nhost: a\r\ncontent-length: 6\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
        b"POST /x HTTP/1.1\r\nhost: a\r\ntransfer-encoding: xchunked\r\ncontent-length: 38\r\n\r\n" + SMUGGLED,
        b"POST /x HTTP/1.1\r\nhost: a\r\ntransfer-encoding:\x0bchunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
        b"POST /x HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ntransfer-encoding: x\r\n\r\n0\r\n\r\n" + SMUGGLED,
        b"POST /x HTTP/1.1\r\nhost: a\r\nx: y\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
        b"POST /x HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\ncontent-length: 38\r\n\r\n" + SMUGGLED,
        b"POST /x HTTP/1.1\r\nhost: a\r\ncontent-length : 38\r\n\r\n" + SMUGGLED,
        b"POST /x HTTP/1.1\r\nhost: a\r\ncontent-length: 38\r\n \r\n\r\n" + SMUGGLED,
        b"POST /x HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0;\n" + SMUGGLED,
        b"POST /x HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\n\n" + SMUGGLED,
        b"POST /x HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx:y\n\r\n\r\n" + SMUGGLED,
        b"POST /x HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabcX\r\n0\r\n\r\n" + SMUGGLED,
        b"GET /x HTTP/1.1\r\nhost: a\r\nx: \r\n\rGET /smuggled HTTP/1.1\r\n\r\n",
        b"GET /x\r\nhost: a HTTP/1.1\r\nhost: b\r\n\r\n" + SMUGGLED,
        b"GET /x HTTP/1.1\r\nhost: a\r\nhost: smuggled\r\n\r\n" + SMUGGLED,
    ],
)
def test_what_two_servers_could_read_differently_never_goes_upstream(proxy, upstream, request_bytes):
    with Client(proxy.port) as client:
        client.send(request_bytes)
        assert client.response().status in (400, 501)
        assert client.ended()
    assert upstream.taken() == []


@pytest.mark.parametrize("target", [b"/x", b"/v1/chat/completions"])
def test_a_request_inside_a_body_stays_a_body(proxy, upstream, target):
    with Client(proxy.port) as client:
        head = b"POST " + target + b" HTTP/1.1\r\nhost: a\r\n"
        client.send(head + b"content-length: %d\r\n\r\n" % len(SMUGGLED) + SMUGGLED)
        client.send(head + b"transfer-encoding: chunked\r\n\r\n%x\r\n" % len(SMUGGLED) + SMUGGLED + b"\r\n0\r\n\r\n")
        assert [client.response().status for _ in range(2)] == [200, 200]
    assert [request.body for request in upstream.taken()] == [SMUGGLED, SMUGGLED]


def test_an_answer_cannot_be_split_by_a_value_of_the_request(proxy, upstream):
    """Nothing of a refused request stands in the answer to it."""
    response = ask(proxy.port, b"GET /%0d%0aset-cookie:x HTTP/1.1\r\nhost: a\r\nexpect: evil-value\r\n\r\n")
    assert response.status == 417
    assert b"evil-value" not in response.head + response.body


@pytest.mark.parametrize("prefix, path", [("/openai", b"/openai/v1/x?y"), ("/", b"/v1/x?y"), ("/a/b/", b"/a/b/v1/x?y")])
def test_the_base_path_of_a_backend_comes_first(start, own_upstream, prefix, path):
    proxy = start(policy(own_upstream.url + prefix))
    assert ask(proxy.port, get(b"/v1/x?y")).status == 200
    assert own_upstream.take().target == path


def test_a_version_in_the_base_path_as_sdks_have_it_is_sent_once(start, own_upstream):
    proxy = start(policy(own_upstream.url + "/openai/v1"))
    assert ask(proxy.port, get(b"/v1/models")).status == 200
    assert own_upstream.take().target == b"/openai/v1/models"


def test_ipv6_on_both_sides(start):
    upstream = Upstream("::1")
    proxy = start(policy(upstream.url), host="::1")
    assert ask(proxy.port, get(), host="::1").status == 200
    assert upstream.take().value(b"host") == upstream.authority.encode()
    upstream.stop()
    assert upstream.faults == []


def test_a_dual_stack_listener_takes_both(start, own_upstream):
    proxy = start(policy(own_upstream.url), host="")
    assert ask(proxy.port, get(), host="::1").status == 200
    assert ask(proxy.port, get(), host="127.0.0.1").status == 200


def test_a_backends_name_is_looked_up(start, own_upstream):
    proxy = start(policy(f"http://localhost:{own_upstream.port}"))
    assert ask(proxy.port, get()).status == 200
    assert own_upstream.take().value(b"host") == b"localhost:%d" % own_upstream.port


def test_upstream_connections_are_reused(proxy, upstream):
    with Client(proxy.port) as client:
        for _ in range(5):
            assert client.send(get()).response().status == 200
    assert len({request.connection for request in upstream.taken()}) == 1


def test_a_connection_the_upstream_wants_closed_is_not_reused(proxy, upstream):
    upstream.answer(OK.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"))
    with Client(proxy.port) as client:
        first = client.send(get()).response()
        assert first.value(b"connection") is None  # the clients' connection is another matter
        assert client.send(get()).response().status == 200
    assert len({request.connection for request in upstream.taken()}) == 2
