"""Well-formed messages of every shape pass, in both directions, with their framing stated correctly."""

import pytest
from proxy import policy
from raw import Broken, Client, ask
from scripted import OK


def get(target: str = "/v1/models", extra: bytes = b"", version: bytes = b"1.1") -> bytes:
    return b"GET %s HTTP/%s\r\nhost: client.example\r\n%s\r\n" % (target.encode(), version, extra)


def post(body: bytes, target: str = "/v1/anything", extra: bytes = b"") -> bytes:
    return b"POST %s HTTP/1.1\r\nhost: a\r\n%scontent-length: %d\r\n\r\n%s" % (target.encode(), extra, len(body), body)


def chunked(*pieces: bytes, trailers: bytes = b"") -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n" + trailers + b"\r\n"


CHAT = b'{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}'


@pytest.mark.parametrize("target", ["/v1/chat/completions", "/anything"])
@pytest.mark.parametrize(
    "pieces",
    [(CHAT,), (CHAT[:1], CHAT[1:20], CHAT[20:]), tuple(CHAT[i : i + 1] for i in range(len(CHAT)))],
    ids=["one", "three", "bytes"],
)
def test_a_chunked_request_arrives_whole(proxy, upstream, target, pieces):
    request = b"POST %s HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n" % target.encode()
    assert ask(proxy.port, request + chunked(*pieces)).status == 200
    assert upstream.take().body == CHAT


@pytest.mark.parametrize("target", ["/v1/chat/completions", "/anything"])
def test_a_request_that_comes_byte_by_byte_arrives_whole(proxy, upstream, target):
    with Client(proxy.port) as client:
        for byte in post(CHAT, target):
            client.send(bytes([byte]))
        assert client.response().status == 200
    assert upstream.take().body == CHAT


@pytest.mark.parametrize("coding", [b"chunked", b"Chunked", b"CHUNKED"])
def test_the_name_of_the_chunked_coding_has_no_case(proxy, upstream, coding):
    request = b"POST /x HTTP/1.1\r\nhost: a\r\ntransfer-encoding: " + coding + b"\r\n\r\n"
    assert ask(proxy.port, request + chunked(b"abc")).status == 200
    assert upstream.take().body == b"abc"


@pytest.mark.parametrize("extension", [b";a=b", b";a", b' ; a = "q;\\"d"', b";a=b;c=d"])
def test_chunk_extensions_are_dropped(proxy, upstream, extension):
    request = b"POST /x HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3%s\r\nabc\r\n0%s\r\n\r\n"
    assert ask(proxy.port, request % (extension, extension)).status == 200
    assert upstream.take().body == b"abc"  # the upstream takes no extensions


def test_request_trailers_reach_the_upstream(proxy, upstream):
    request = b"POST /files HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n"
    with Client(proxy.port) as client:
        assert client.send(request + chunked(b"one", b"two", trailers=b"x-sum: 6\r\n")).response().status == 200
        assert client.send(request).send(b"3\r\none\r\n").send(b"0\r\nx-sum: 3\r\n\r\n").response().status == 200
    for body, trailers in ((b"onetwo", b"x-sum: 6\r\n"), (b"one", b"x-sum: 3\r\n")):
        got = upstream.take()
        assert (got.body, got.trailers, got.value(b"trailer")) == (body, trailers, b"x-sum")


def test_what_connection_names_ends_here_as_a_trailer_too(proxy, upstream):
    """RFC 9110 section 7.6.1."""
    fields = b"connection: x-hop\r\ntransfer-encoding: chunked\r\ntrailer: x-hop, x-sum\r\n\r\n"
    body = chunked(b"abc", trailers=b"x-hop: 1\r\nx-sum: 6\r\n")
    upstream.answer(b"HTTP/1.1 200 OK\r\n" + fields + body)
    response = ask(proxy.port, b"POST /files HTTP/1.1\r\nhost: a\r\n" + fields + body)
    got = upstream.take()
    assert (got.body, got.trailers, response.body, response.trailers) == (b"abc", b"", b"abc", b"")
    assert got.value(b"trailer") is response.value(b"trailer") is None, "none is promised that does not come"


def test_trailers_of_a_collected_body_are_not_promised(proxy, upstream):
    """It goes on with its length."""
    request = b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n"
    assert ask(proxy.port, request + chunked(b'{"model":"m"}', trailers=b"x-sum: 6\r\n")).status == 200
    got = upstream.take()
    assert (got.body, got.value(b"trailer"), got.value(b"content-length")) == (b'{"model":"m"}', None, b"13")


def test_request_trailers_do_not_stop_a_request(proxy, upstream):
    request = b"POST /x HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n"
    assert ask(proxy.port, request + chunked(b"abc", trailers=b"x-sum: 1\r\n")).status == 200
    assert upstream.take().body == b"abc"


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, 1_000_000])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_bodies_of_any_size_pass_both_ways(proxy, upstream, size, framing):
    body = bytes(i % 251 for i in range(size))
    if framing == "length":
        upstream.answer(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (size, body))
        request = post(body)
    else:
        pieces = chunked(*[body[i : i + 7000] for i in range(0, size, 7000)])
        upstream.answer(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + pieces)
        request = b"POST /x HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n" + pieces
    response = ask(proxy.port, request)
    assert response.body == body
    assert upstream.take().body == body


def test_a_post_without_a_body_stays_without_one(proxy, upstream):
    assert ask(proxy.port, b"POST /x HTTP/1.1\r\nhost: a\r\n\r\n").status == 200
    request = upstream.take()
    assert request.value(b"transfer-encoding") is None and request.value(b"content-length") is None


def test_a_content_length_of_zero_is_passed_on(proxy, upstream):
    assert ask(proxy.port, post(b"")).status == 200
    assert upstream.take().value(b"content-length") == b"0"


def test_response_trailers_reach_the_client(proxy, upstream):
    upstream.answer(
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n" + chunked(b"abc", trailers=b"x-sum: 7\r\n")
    )
    response = ask(proxy.port, get())
    assert (response.body, response.trailers) == (b"abc", b"x-sum: 7\r\n")


def test_an_answer_until_close_is_chunked_for_the_client_whose_connection_stays(proxy, upstream):
    upstream.script(lambda line: line.send(b"HTTP/1.1 200 OK\r\n\r\nabc").close())
    with Client(proxy.port) as client:
        assert client.send(get()).response().body == b"abc"
        upstream.answer(OK)
        assert client.send(get()).response().body == b"{}"


def test_an_answer_of_http_1_0_is_passed_on_as_1_1(proxy, upstream):
    upstream.script(lambda line: line.send(b"HTTP/1.0 200 Fine\r\ncontent-length: 2\r\n\r\nok").close())
    response = ask(proxy.port, get())
    assert (response.status, response.reason, response.body) == (200, b"Fine", b"ok")


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_an_answer_without_a_body_leaves_the_connection_in_step(proxy, upstream, status):
    upstream.answer(b"HTTP/1.1 " + status + b"\r\netag: x\r\n\r\n", OK)
    with Client(proxy.port) as client:
        first = client.send(get()).response()
        assert (first.status, first.body, first.value(b"transfer-encoding")) == (int(status[:3]), b"", None)
        assert client.send(get()).response().body == b"{}"


def test_a_304_keeps_the_length_it_states(proxy, upstream):
    upstream.answer(b"HTTP/1.1 304 Not Modified\r\ncontent-length: 512\r\n\r\n", OK)
    with Client(proxy.port) as client:
        assert client.send(get()).response().value(b"content-length") == b"512"
        assert client.send(get()).response().body == b"{}"


@pytest.mark.parametrize("framing", [b"content-length: 2000", b"transfer-encoding: chunked"])
def test_head_gets_the_head_only(proxy, upstream, framing):
    upstream.answer(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n\r\n", OK)
    with Client(proxy.port) as client:
        request = b"HEAD /v1/models HTTP/1.1\r\nhost: a\r\n\r\n"
        head = client.send(request).response("HEAD")
        assert head.status == 200
        if b"length" in framing:
            assert head.value(b"content-length") == b"2000"
        assert client.send(get()).response().body == b"{}"
    assert upstream.take().method == b"HEAD"


def test_our_own_refusal_of_a_head_request_has_no_body(proxy, upstream):
    upstream.script(lambda line: line.reset())
    with Client(proxy.port) as client:
        client.send(b"HEAD /x HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        assert client.response("HEAD").status == 502
        assert client.rest() == b""


def test_http_1_0_gets_its_answer_and_then_the_end(proxy, upstream):
    upstream.answer(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + chunked(b"ab", b"c"))
    with Client(proxy.port) as client:
        response = client.send(get(version=b"1.0")).response()
        assert (response.body, response.value(b"transfer-encoding")) == (b"abc", None)
        assert response.value(b"connection") == b"close"
    assert upstream.take().head.startswith(b"GET /v1/models HTTP/1.1\r\n")


@pytest.mark.parametrize("end", ["reset", "close"])
def test_http_1_0_sees_by_a_reset_that_its_answer_is_not_whole(proxy, upstream, end):
    """It has no last chunk that could be missing."""
    cut = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n"
    upstream.script(lambda line: getattr(line.send(cut), end)())
    with Client(proxy.port) as client, pytest.raises(Broken) as broken:
        client.send(get(version=b"1.0")).response()
    assert broken.value.reset


def test_http_1_0_sees_it_also_where_its_own_body_was_not_taken(proxy, upstream):
    cut = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n"
    upstream.script(lambda line: line.send(cut).reset(), at_head=True)
    with Client(proxy.port) as client, pytest.raises(Broken) as broken:
        client.send(b"POST /files HTTP/1.0\r\nhost: a\r\ncontent-length: 1000\r\n\r\nabc").response()
    assert broken.value.reset


def test_http_1_0_with_a_known_length_may_keep_its_connection(proxy, upstream):
    with Client(proxy.port) as client:
        for _ in range(2):
            response = client.send(get(extra=b"connection: keep-alive\r\n", version=b"1.0")).response()
            assert (response.body, response.value(b"connection")) == (b"{}", b"keep-alive")


def test_http_1_0_with_keep_alive_and_an_unknown_length_ends(proxy, upstream):
    upstream.answer(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + chunked(b"abc"))
    with Client(proxy.port) as client:
        response = client.send(get(extra=b"connection: keep-alive\r\n", version=b"1.0")).response()
        assert (response.body, response.value(b"connection")) == (b"abc", b"close")


def test_http_1_0_without_a_host_gets_the_upstreams(proxy, upstream):
    assert ask(proxy.port, b"GET /x HTTP/1.0\r\n\r\n").status == 200
    assert upstream.take().value(b"host") == upstream.authority.encode()


def test_close_is_honoured(proxy, upstream):
    with Client(proxy.port) as client:
        response = client.send(get(extra=b"connection: close\r\n")).response()
        assert response.value(b"connection") == b"close"
        assert client.ended()


def test_pipelined_requests_are_answered_in_order(proxy, upstream):
    upstream.script(lambda line: line.send(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n" + line.request.target[-2:]))
    with Client(proxy.port) as client:
        client.send(b"".join(get(f"/{i:02}") for i in range(30)))
        assert [client.response().body for _ in range(30)] == [b"%02d" % i for i in range(30)]


def test_a_pipelined_request_behind_a_body_starts_where_the_body_ends(proxy, upstream):
    with Client(proxy.port) as client:
        client.send(post(CHAT, "/v1/chat/completions") + post(b"stream", "/opaque") + get("/last"))
        assert [client.response().status for _ in range(3)] == [200, 200, 200]
    assert [upstream.take().body for _ in range(3)] == [CHAT, b"stream", b""]


def test_requests_pipelined_while_an_answer_is_on_its_way_wait(proxy, upstream):
    def slow_first(line):
        if line.request.target == b"/first":
            line.send(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345")
            client.send(get("/second"))
            line.send(b"67890")
        else:
            line.send(OK)

    upstream.script(slow_first)
    with Client(proxy.port) as client:
        client.send(get("/first"))
        assert client.response().body == b"1234567890"
        assert client.response().body == b"{}"


@pytest.mark.parametrize("target", ["/v1/chat/completions", "/opaque"])
def test_expect_100_continue_asks_for_the_body(proxy, upstream, target):
    with Client(proxy.port) as client:
        client.send(post(CHAT, target, b"expect: 100-continue\r\n")[: -len(CHAT)])
        assert client.head().status == 100
        assert client.send(CHAT).response().status == 200
    request = upstream.take()
    assert (request.body, request.value(b"expect")) == (CHAT, None)


def test_a_body_that_becomes_too_large_is_asked_for_once(start, own_upstream):
    proxy = start(policy(own_upstream.url, listener={"limits": {"collectedBody": "1Ki"}}))
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ntransfer-encoding: chunked\r\n\r\n"
    with Client(proxy.port) as client:
        assert client.send(head).head().status == 100
        assert client.send(chunked(b"a" * 5_000)).head().status == 200


def test_a_body_that_comes_with_its_expectation_is_not_asked_for(proxy, upstream):
    response = ask(proxy.port, post(CHAT, "/v1/chat/completions", b"expect: 100-continue\r\n"))
    assert response.status == 200


def test_a_100_of_the_upstream_is_not_passed_on(proxy, upstream):
    upstream.answer(b"HTTP/1.1 100 Continue\r\n\r\n" + OK)
    assert ask(proxy.port, post(CHAT)).status == 200


def test_early_hints_are_passed_on(proxy, upstream):
    upstream.answer(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </b>\r\n\r\n" + OK)
    with Client(proxy.port) as client:
        client.send(get())
        hints = [client.head(), client.head()]
        assert [(hint.status, hint.value(b"link")) for hint in hints] == [(103, b"</a>"), (103, b"</b>")]
        assert client.response().body == b"{}"


def test_http_1_0_clients_see_no_interim_answer(proxy, upstream):
    upstream.answer(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" + OK)
    assert ask(proxy.port, get(version=b"1.0")).status == 200


def test_one_empty_line_before_a_request_is_skipped(proxy, upstream):
    with Client(proxy.port) as client:
        client.send(b"\r\n" + get())
        assert client.response().status == 200
        assert client.send(b"\r\n" + get()).response().status == 200
    assert upstream.take().head.startswith(b"GET ")


def test_an_answer_that_comes_byte_by_byte_leaves_byte_by_byte(proxy, upstream):
    answer = b"HTTP/1.1 200 OK\r\nx-a:  b \r\ntransfer-encoding: chunked\r\n\r\n" + chunked(b"abc", b"def")

    def drip(line):
        for byte in answer:
            line.send(bytes([byte]))

    upstream.script(drip)
    assert ask(proxy.port, get()).body == b"abcdef"


def test_what_an_upstream_says_beyond_its_answer_reaches_nobody(proxy, upstream):
    upstream.answer(OK + b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil")
    with Client(proxy.port) as client:
        assert client.send(get()).response().body == b"{}"
        upstream.answer(OK)
        assert client.send(get()).response().body == b"{}"
    first, second = upstream.take(), upstream.take()
    assert first.connection != second.connection


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nbad name: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: a\r\n folded\r\n\r\n",
        b"HTTP/1.1 200 OK\nx: a\n\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/2.0 200 OK\r\n\r\n",
        b"hello\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"a" * 70_000,
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n",
    ],
    ids=lambda answer: answer[9:60].decode(errors="replace").replace("\r\n", " "),
)
def test_an_answer_that_is_not_well_formed_is_a_502(proxy, upstream, answer):
    upstream.answer(answer)
    response = ask(proxy.port, get())
    assert (response.status, response.error) == (502, b"upstream_failed")


@pytest.mark.parametrize("wrong", [b"zz\r\n", b"5\r\nabcXY", b"-1\r\n", b"\r\n", b"3\nabc"], ids=repr)
def test_broken_chunks_of_an_answer_are_no_normal_end(proxy, upstream, wrong):
    upstream.answer(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n" + wrong + b"\r\n\r\n0\r\n\r\n")
    with pytest.raises(Broken) as broken:
        ask(proxy.port, get())
    assert b"abc" in broken.value.partial
