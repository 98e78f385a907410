"""What must be refused is refused with the right status, its connection ends, and nothing of it goes upstream."""

import json
import select
import threading

import pytest
from proxy import CACHING, MEMORY, documents, policy
from raw import Broken, Client, ask
from scripted import OK
from stack import eventually

HOST = b"host: a\r\n"
CHUNKED = b"POST /x HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"


def with_field(line: bytes) -> bytes:
    return b"GET /x HTTP/1.1\r\nhost: a\r\n" + line + b"\r\n\r\n"


BAD_REQUESTS = {
    # Two ways to tell where a body ends, or none that holds.
    "length and chunked": with_field(b"content-length: 4\r\ntransfer-encoding: chunked") + b"0\r\n\r\n",
    "chunked and length": with_field(b"transfer-encoding: chunked\r\ncontent-length: 4") + b"0\r\n\r\n",
    "two lengths": with_field(b"content-length: 4\r\ncontent-length: 5") + b"abcd",
    "two equal lengths": with_field(b"content-length: 4\r\ncontent-length: 4") + b"abcd",
    "list of lengths": with_field(b"content-length: 4, 4") + b"abcd",
    "negative length": with_field(b"content-length: -4"),
    "signed length": with_field(b"content-length: +4") + b"abcd",
    "hexadecimal length": with_field(b"content-length: 0x4") + b"abcd",
    "length with a space inside": with_field(b"content-length: 1 0") + b"abcdabcdab",
    "empty length": with_field(b"content-length:"),
    "length beyond 2^63": with_field(b"content-length: 9223372036854775808"),
    "length beyond 2^64": with_field(b"content-length: 18446744073709551620") + b"abcd",
    "chunked on HTTP/1.0": b"POST /x HTTP/1.0\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    # Lines.
    "bare line feed after the request line": b"GET /x HTTP/1.1\nhost: a\r\n\r\n",
    "bare line feed after a field": b"GET /x HTTP/1.1\r\nhost: a\n\r\n",
    "bare line feed at the end": b"GET /x HTTP/1.1\r\nhost: a\r\n\n",
    "bare carriage return in a value": with_field(b"x: a\rb"),
    "folded field": with_field(b"x: a\r\n b"),
    "folded by a tab": with_field(b"x: a\r\n\tb"),
    "space before the first field": b"GET /x HTTP/1.1\r\n host: a\r\n\r\n",
    "space before the colon": with_field(b"x : a"),
    "tab before the colon": with_field(b"x\t: a"),
    "space before the colon of transfer-encoding": with_field(b"transfer-encoding : chunked") + b"0\r\n\r\n",
    "field without a colon": with_field(b"nonsense"),
    "field without a name": with_field(b": a"),
    "name that is no token": with_field(b"x(y): a"),
    "name beyond ASCII": with_field(b"x\xc3\xa9: a"),
    "NUL in a value": with_field(b"x: a\x00b"),
    "NUL in a name": with_field(b"x\x00: a"),
    "control byte in a value": with_field(b"x: a\x01b"),
    "DEL in a value": with_field(b"x: a\x7fb"),
    "NUL in the target": b"GET /\x00 HTTP/1.1\r\nhost: a\r\n\r\n",
    "space in the target": b"GET /a b HTTP/1.1\r\nhost: a\r\n\r\n",
    "tab in the request line": b"GET\t/x\tHTTP/1.1\r\nhost: a\r\n\r\n",
    "two spaces in the request line": b"GET  /x HTTP/1.1\r\nhost: a\r\n\r\n",
    "space after the version": b"GET /x HTTP/1.1 \r\nhost: a\r\n\r\n",
    "no target": b"GET HTTP/1.1\r\nhost: a\r\n\r\n",
    "relative target": b"GET x HTTP/1.1\r\nhost: a\r\n\r\n",
    "asterisk of GET": b"GET * HTTP/1.1\r\nhost: a\r\n\r\n",
    "absolute target of another scheme": b"GET ftp://a/x HTTP/1.1\r\nhost: a\r\n\r\n",
    "absolute target with user information": b"GET http://u:p@a/x HTTP/1.1\r\nhost: a\r\n\r\n",
    "method that is no token": b"G(T /x HTTP/1.1\r\nhost: a\r\n\r\n",
    "no version": b"GET /x\r\nhost: a\r\n\r\n",
    "version in lower case": b"GET /x http/1.1\r\nhost: a\r\n\r\n",
    "version without a minor": b"GET /x HTTP/1\r\nhost: a\r\n\r\n",
    # Host.
    "no host": b"GET /x HTTP/1.1\r\n\r\n",
    "two hosts": with_field(b"host: b"),
    "host with a path": b"GET /x HTTP/1.1\r\nhost: a/b\r\n\r\n",
    "host with user information": b"GET /x HTTP/1.1\r\nhost: u@a\r\n\r\n",
    "list of hosts": b"GET /x HTTP/1.1\r\nhost: a, b\r\n\r\n",
    # What no HTTP client says.
    "TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(40),
    "connection option that is no token": with_field(b"connection: a b"),
}

OTHERS = {
    "gzip coding": (501, with_field(b"transfer-encoding: gzip")),
    "gzip, chunked": (501, with_field(b"transfer-encoding: gzip, chunked") + b"0\r\n\r\n"),
    "chunked twice": (501, with_field(b"transfer-encoding: chunked, chunked") + b"0\r\n\r\n"),
    "two codings": (501, with_field(b"transfer-encoding: chunked\r\ntransfer-encoding: identity") + b"0\r\n\r\n"),
    "chunked with a parameter": (501, with_field(b"transfer-encoding: chunked;a=b") + b"0\r\n\r\n"),
    "xchunked": (501, with_field(b"transfer-encoding: xchunked") + b"0\r\n\r\n"),
    "identity": (501, with_field(b"transfer-encoding: identity")),
    "empty coding": (501, with_field(b"transfer-encoding:")),
    "CONNECT": (501, b"CONNECT a:443 HTTP/1.1\r\nhost: a\r\n\r\n"),
    "HTTP/2.0": (505, b"GET /x HTTP/2.0\r\nhost: a\r\n\r\n"),
    "HTTP/1.2": (505, b"GET /x HTTP/1.2\r\nhost: a\r\n\r\n"),
    "HTTP/0.9": (505, b"GET /x HTTP/0.9\r\nhost: a\r\n\r\n"),
    "preface of HTTP/2": (505, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"),
    "too many fields": (431, b"GET /x HTTP/1.1\r\nhost: a\r\n" + b"x: a\r\n" * 21 + b"\r\n"),
    "too long a field": (431, with_field(b"x: " + b"a" * 9000)),
    "head that never ends": (431, b"GET /x HTTP/1.1\r\nhost: a\r\nx: " + b"a" * 8192),
    "too long a target": (414, b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nhost: a\r\n\r\n"),
    "other expectation": (417, with_field(b"expect: 200-ok")),
}

CASES = {name: (400, request) for name, request in BAD_REQUESTS.items()} | OTHERS


@pytest.mark.parametrize("name", CASES)
def test_is_refused(proxy, upstream, name):
    status, request = CASES[name]
    with Client(proxy.port) as client:
        response = client.send(request).response()
        assert response.status == status
        assert response.error is not None
        assert json.loads(response.body)["error"]["message"]
        if status != 417:  # a well-formed request: the connection may go on
            assert response.value(b"connection") == b"close"
            assert client.ended()
    assert upstream.taken() == []


@pytest.mark.parametrize("name", CASES)
def test_is_refused_when_it_comes_byte_by_byte(proxy, upstream, name):
    status, request = CASES[name]
    with Client(proxy.port) as client:
        try:
            for byte in request:
                client.send(bytes([byte]))
        except ConnectionError:
            pass  # refused before the last byte, and closed
        assert client.response().status == status
    assert upstream.taken() == []


@pytest.mark.parametrize("name", CASES)
def test_is_refused_behind_a_good_request(proxy, upstream, name):
    """… and the good one is answered before."""
    status, request = CASES[name]
    with Client(proxy.port) as client:
        client.send(b"GET /good HTTP/1.1\r\nhost: a\r\n\r\n" + request)
        assert client.response().status == 200
        assert client.response().status == status
    assert [seen.target for seen in upstream.taken()] == [b"/good"]


BAD_CHUNKS = {
    "no size": b"\r\nabc\r\n0\r\n\r\n",
    "size that is no number": b"zz\r\nabc\r\n0\r\n\r\n",
    "negative size": b"-3\r\nabc\r\n0\r\n\r\n",
    "size with 0x": b"0x3\r\nabc\r\n0\r\n\r\n",
    "signed size": b"+3\r\nabc\r\n0\r\n\r\n",
    "space before the size": b" 3\r\nabc\r\n0\r\n\r\n",
    "size beyond 64 bits": b"fffffffffffffffff\r\nabc\r\n0\r\n\r\n",
    "size beyond 63 bits": b"ffffffffffffffff\r\nabc\r\n0\r\n\r\n",
    "bare line feed after the size": b"3\nabc\r\n0\r\n\r\n",
    "data longer than its size": b"3\r\nabcd\r\n0\r\n\r\n",
    "data without its line end": b"3\r\nabc0\r\n\r\n",
    "bare line feed after the data": b"3\r\nabc\n0\r\n\r\n",
    "line feed in an extension": b"3;a=\nb\r\nabc\r\n0\r\n\r\n",
    "NUL in an extension": b"3;a=\x00\r\nabc\r\n0\r\n\r\n",
    "endless extension": b"3;a=" + b"b" * 70_000 + b"\r\nabc\r\n0\r\n\r\n",
    "folded trailer": b"3\r\nabc\r\n0\r\nx: a\r\n b\r\n\r\n",
    "trailer without a colon": b"3\r\nabc\r\n0\r\nnonsense\r\n\r\n",
}


@pytest.mark.parametrize("name", BAD_CHUNKS)
def test_a_collected_body_with_bad_chunks_is_refused(proxy, upstream, name):
    request = b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n" + BAD_CHUNKS[name]
    with Client(proxy.port) as client:
        response = client.send(request).response()
        assert (response.status, response.error) == (400, b"invalid_request")
        assert client.ended()
    assert upstream.taken() == []


@pytest.mark.parametrize("name", BAD_CHUNKS)
def test_a_streamed_body_with_bad_chunks_never_becomes_a_whole_request(proxy, upstream, name):
    """Its beginning is upstream already: the upstream sees a connection that breaks, the client a 400."""
    with Client(proxy.port) as client:
        client.send(b"POST /opaque HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n" + BAD_CHUNKS[name])
        assert client.response().status == 400
        assert client.ended()
    assert upstream.taken() == []


def test_a_refused_body_still_being_sent_does_not_cost_the_answer(start, own_upstream):
    """Closing with unread bytes resets the connection, and the client would never read why."""
    limits = {"limits": {"collectedBody": "1Ki", "oversizedBody": "Reject"}}
    proxy = start(policy(own_upstream.url, listener=limits))
    size = 200_000
    with Client(proxy.port) as client:
        client.send(b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % size + b"a" * size)
        response = client.response()
        assert (response.status, response.error) == (413, b"body_too_large")
        assert client.ended()
    assert own_upstream.taken() == []


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("action", ["Reject", "Bypass"])
def test_a_body_over_the_limit_is_refused_or_passed_as_the_policy_says(start, own_upstream, action, framing):
    proxy = start(policy(own_upstream.url, listener={"limits": {"collectedBody": "1Ki", "oversizedBody": action}}))
    body = b"a" * 5000
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\n"
    if framing == "length":
        request = head + b"content-length: 5000\r\n\r\n" + body
    else:
        request = head + b"transfer-encoding: chunked\r\n\r\n" + b"1388\r\n" + body + b"\r\n0\r\n\r\n"
    response = ask(proxy.port, request)
    if action == "Reject":
        assert (response.status, own_upstream.taken()) == (413, [])
    else:
        assert response.status == 200
        assert own_upstream.take().body == body


def test_a_body_over_the_process_budget_is_a_503(start, own_upstream):
    limits = {"limits": {"collectedTotal": "1Mi", "collectedBody": "1Mi"}}
    proxy = start(policy(own_upstream.url, listener=limits))
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: 700000\r\n\r\n"
    with Client(proxy.port) as one, Client(proxy.port) as other:
        for client in (one, other):
            client.send(head + b"a" * 600_000)
        answered = select.select([one.socket, other.socket], [], [], 10)[0]
        refused, held = (one, other) if answered == [one.socket] else (other, one)
        answer = refused.response()
        assert (answer.status, answer.error, answer.value(b"retry-after")) == (503, b"overloaded", b"1")
        assert held.send(b"a" * 100_000).response().status == 200
    assert ask(proxy.port, head + b"a" * 700_000).status == 200


def test_who_only_announces_a_body_holds_up_nobody(start, own_upstream):
    limits = {"limits": {"collectedTotal": "1Mi", "collectedBody": "1Mi"}}
    proxy = start(policy(own_upstream.url, listener=limits))
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n"
    announcing = [Client(proxy.port).send(head % 1_000_000 + b"a") for _ in range(8)]
    assert ask(proxy.port, head % 500_000 + b"a" * 500_000).status == 200
    for client in announcing:
        client.close()


def test_who_asks_first_is_refused_before_the_body_is_sent(start, own_upstream):
    limits = {"limits": {"collectedTotal": "1Mi", "collectedBody": "1Mi"}}
    proxy = start(policy(own_upstream.url, listener=limits))
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n"
    asking = head.replace(b"\r\n\r\n", b"\r\nexpect: 100-continue\r\n\r\n")
    with Client(proxy.port) as held:
        held.send(head % 700_000 + b"a" * 600_000)

        def answer() -> int:
            with Client(proxy.port) as client:
                return client.send(asking % 500_000).head().status

        eventually(lambda: answer() == 503)  # once what was sent is there
        with Client(proxy.port) as client:
            assert client.send(asking % 300_000).head().status == 100
            assert client.send(b"a" * 300_000).response().status == 200


@pytest.mark.parametrize("shared", [False, True], ids=["alone", "shared"])
def test_a_body_leaves_the_process_budget_when_its_answer_begins(start, own_upstream, shared):
    limits = {"limits": {"collectedTotal": "1Mi", "collectedBody": "1Mi"}}
    caching = {"caching": CACHING} if shared else {}
    spec = {"selector": {"matchLabels": {"app": "wire"}}, "listener": limits, "routing": {"tableRef": {"name": "models"}}}
    backends = [{"name": "model", "url": own_upstream.url, "dialect": "OpenAI"}]
    proxy = start(documents({**spec, **caching}, backends, tiers=MEMORY))

    def chat(letter: str) -> bytes:
        content = {"model": "m", "stream": True, "messages": [{"role": "user", "content": letter * 700_000}]}
        body = json.dumps(content).encode()
        return b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % len(body) + body

    proceed = threading.Event()

    def script(line):
        line.send(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        line.send(b"a\r\ndata: {}\n\n\r\n")
        proceed.wait(20)
        line.send(b"0\r\n\r\n")

    own_upstream.script(script)
    clients = []
    for letter in "aab" if shared else "ab":
        client = Client(proxy.port).send(chat(letter))
        assert client.head().status == 200, letter
        clients.append(client)
    proceed.set()
    assert len(own_upstream.taken()) == 2
    for client in clients:
        client.close()


@pytest.mark.parametrize("action", ["Abort", "Drain"])
def test_a_batch_that_is_put_together_over_the_process_budget_is_a_503(start, own_upstream, action):
    limits = {"limits": {"collectedTotal": "1Mi", "collectedBody": "1Mi"}, "onDisconnect": {"action": action}}
    spec = {"selector": {"matchLabels": {"app": "wire"}}, "listener": limits, "routing": {"tableRef": {"name": "models"}}}
    backends = [{"name": "model", "url": own_upstream.url, "dialect": "OpenAI"}]
    proxy = start(documents({**spec, "caching": CACHING}, backends, tiers=MEMORY))

    def embeddings(*inputs: str) -> bytes:
        body = json.dumps({"model": "m", "input": inputs}).encode()
        return b"POST /v1/embeddings HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % len(body) + body

    def vectors(*sizes: int) -> bytes:
        data = [{"object": "embedding", "index": i, "embedding": "A" * size} for i, size in enumerate(sizes)]
        body = json.dumps({"object": "list", "data": data, "model": "m", "usage": {"prompt_tokens": 1, "total_tokens": 1}})
        return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body.encode())

    own_upstream.answer(vectors(8, 8), vectors(700_000), vectors(2_000_000), vectors(8))
    assert ask(proxy.port, embeddings("a", "b")).status == 200
    with Client(proxy.port) as client:
        for missing in ("c", "d"):  # the merged answer beside what came, and what comes by itself
            response = client.send(embeddings("a", missing)).response()
            assert (response.status, response.error, response.value(b"retry-after")) == (503, b"overloaded", b"1")
        assert client.send(embeddings("a", "b")).response().status == 200
    assert ask(proxy.port, embeddings("a", "e")).status == 200  # nothing is left behind
    assert ask(proxy.port, embeddings("c", "c")).status == 503  # from the cache alone
    assert ask(proxy.port, embeddings("c", "a")).status == 200
    assert [json.loads(request.body)["input"] for request in own_upstream.taken()] == [["a", "b"], ["c"], ["d"], ["e"]]


def test_a_client_that_leaves_within_its_body_leaves_nothing_behind(proxy, upstream):
    for target in (b"/v1/chat/completions", b"/opaque"):
        with Client(proxy.port) as client:
            client.send(b"POST " + target + b" HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n123")
    assert ask(proxy.port, b"GET /x HTTP/1.1\r\nhost: a\r\n\r\n").status == 200
    assert [seen.target for seen in upstream.taken()] == [b"/x"]


def test_the_answer_to_a_refused_request_is_in_the_callers_dialect(proxy, upstream):
    upstream.script(lambda line: line.reset())
    openai = ask(proxy.port, b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n{}")
    anthropic = ask(
        proxy.port, b"POST /v1/messages HTTP/1.1\r\nhost: a\r\nanthropic-version: 2023-06-01\r\ncontent-length: 2\r\n\r\n{}"
    )
    assert json.loads(openai.body)["error"]["code"] == "upstream_failed"
    assert json.loads(anthropic.body)["type"] == "error"
    for response in (openai, anthropic):
        assert (response.status, response.error) == (502, b"upstream_failed")
        assert str(upstream.port).encode() not in response.head + response.body
    upstream.answer(OK)
    with pytest.raises(Broken):
        Client(proxy.port).half_close().response()
