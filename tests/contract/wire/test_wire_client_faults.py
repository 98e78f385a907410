"""Clients that are slow, half closed or gone: their time is limited, and their leaving ends what runs for them."""

import json
import os
import re
import signal
import socket
import threading
import time

import pytest
from proxy import CACHING, MEMORY, documents, policy
from raw import Broken, Client, ask
from scripted import OK, Upstream
from stack import eventually

GET = b"GET /v1/models HTTP/1.1\r\nhost: a\r\n\r\n"
BODY = b'{"model":"m","stream":true,"messages":[]}'
CHAT = b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % len(BODY) + BODY
OPAQUE = b"POST /opaque HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nbody"
STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
EVENT = b'data: {"choices":[]}\n\n'
CHUNK = b"%x\r\n%s\r\n" % (len(EVENT), EVENT)

SHORT = {"timeouts": {"head": "400ms", "body": "400ms", "keepAlive": "400ms"}}


@pytest.fixture
def strict(start, own_upstream):
    """A sidecar with short limits in front of `own_upstream`."""
    return start(policy(own_upstream.url, listener=SHORT))


def drip(client: Client, data: bytes, seconds: float = 0.05) -> float:
    """Sends `data` byte by byte, slowly; how long the peer let it happen."""
    begun = time.monotonic()
    never = threading.Event()
    try:
        for byte in data:
            client.send(bytes([byte]))
            if never.wait(seconds) or readable(client):
                break
    except ConnectionError:
        pass
    return time.monotonic() - begun


def readable(client: Client) -> bool:
    import select

    return bool(select.select([client.socket], [], [], 0)[0])


def test_a_head_that_never_comes_ends_the_connection_silently(strict):
    with Client(strict.port) as client:
        assert client.ended()


def test_a_head_that_stops_is_a_408(strict):
    with Client(strict.port) as client:
        response = client.send(GET[:-4]).response()
        assert (response.status, response.error) == (408, b"request_timeout")
        assert client.ended()


def test_a_head_that_drips_has_one_limit_for_all_of_it(strict):
    with Client(strict.port) as client:
        took = drip(client, b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 100)
        assert took < 3
        assert client.response().status == 408


def test_the_limit_starts_with_the_first_byte_of_a_later_head(strict):
    """Between requests the keep-alive limit holds; a head that began has the head's."""
    with Client(strict.port) as client:
        assert client.send(GET).response().status == 200
        took = drip(client, b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 100)
        assert took < 3
        assert client.response().status == 408


def test_an_idle_connection_ends_after_the_keep_alive_time(strict):
    with Client(strict.port) as client:
        assert client.send(GET).response().status == 200
        assert client.ended()


@pytest.mark.parametrize("request_bytes", [CHAT, OPAQUE], ids=["collected", "streamed"])
def test_a_body_that_stops_is_a_408(strict, own_upstream, request_bytes):
    with Client(strict.port) as client:
        response = client.send(request_bytes[:-2]).response()
        assert (response.status, response.error) == (408, b"request_timeout")
        assert client.ended()
    assert own_upstream.taken() == []


@pytest.mark.parametrize("target", [b"/v1/chat/completions", b"/opaque"])
def test_a_body_that_goes_on_slowly_may_take_its_time(strict, own_upstream, target):
    with Client(strict.port) as client:
        client.send(b"POST " + target + b" HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n")
        drip(client, b"0123456789", 0.1)
        assert client.response().status == 200
    assert own_upstream.take().body == b"0123456789"


def test_many_slow_clients_hold_up_nobody(strict, own_upstream):
    slow = [Client(strict.port) for _ in range(200)]
    for client in slow:
        client.send(b"GET / HT")
    for _ in range(20):
        assert ask(strict.port, GET).status == 200
    assert all(client.response().status == 408 for client in slow)
    for client in slow:
        client.close()


# Leaving.


def watched(upstream, before: bytes):
    """The upstream says `before`, waits until its peer is gone, and notes when that was."""
    seen = threading.Event()

    def script(line):
        line.send(before)
        started.set()
        line.wait_gone()
        seen.set()

    started = threading.Event()
    upstream.script(script)
    return started, seen


LEAVES = {
    "reset": lambda client: client.reset(),
    "close": lambda client: client.close(),
    "half-close": lambda client: client.half_close(),
}


@pytest.mark.parametrize("how", LEAVES)
@pytest.mark.parametrize("request_bytes", [GET, CHAT, OPAQUE], ids=["get", "chat", "opaque"])
@pytest.mark.parametrize("before", [b"", STREAM_HEAD, STREAM_HEAD + CHUNK], ids=["no head", "head", "event"])
def test_a_client_that_leaves_takes_its_call_with_it(proxy, upstream, how, request_bytes, before):
    """At once, and without anything being written to it: a silent upstream would never find out."""
    started, gone = watched(upstream, before)
    client = Client(proxy.port).send(request_bytes)
    assert started.wait(5)
    if before:
        assert client.head().status == 200
    if before.endswith(CHUNK):
        eventually(lambda: EVENT in client._pending or client.more() and False)
    LEAVES[how](client)
    assert gone.wait(1)
    client.close()


def test_a_client_that_leaves_while_it_pipelines_takes_its_call_with_it(proxy, upstream):
    started, gone = watched(upstream, b"")
    client = Client(proxy.port).send(GET)
    assert started.wait(5)
    client.send(GET * 3)
    client.close()
    assert gone.wait(1)
    assert len(upstream.taken()) == 1


def test_a_client_that_does_not_read_and_leaves_takes_its_call_with_it(proxy, upstream):
    gone = threading.Event()

    def flood(line):
        line.send(STREAM_HEAD)
        try:
            while True:
                line.send(CHUNK * 1000)
        except OSError:
            gone.set()

    upstream.script(flood)
    client = Client(proxy.port).send(CHAT)
    assert client.head().status == 200
    assert not gone.wait(0.3)
    client.reset()
    assert gone.wait(2)


@pytest.mark.parametrize("how", ["reset", "close"])
def test_a_client_that_leaves_within_its_upload_takes_its_call_with_it(proxy, upstream, how):
    gone = threading.Event()
    begun = threading.Event()

    def script(line):
        begun.set()
        line.wait_gone()
        gone.set()

    upstream.script(script, at_head=True)
    client = Client(proxy.port)
    client.send(b"POST /files HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n" + b"a" * 500)
    assert begun.wait(5)
    LEAVES[how](client)
    assert gone.wait(1)


def test_a_client_that_leaves_while_its_upload_is_stuck_takes_its_call_with_it(start, own_upstream):
    """The upstream reads nothing, so nobody would read what the client sends, and see its end."""
    over = threading.Event()
    own_upstream.script(lambda line: (over.wait(20), line.close()), at_head=True)
    proxy = start(policy(own_upstream.url), admin=True)

    def calls() -> float:
        return proxy.metric(r'penstock_connections\{[^}]*"upstream"')

    client = Client(proxy.port)
    client.send(b"POST /files HTTP/1.1\r\nhost: a\r\ncontent-length: 100000000\r\n\r\n")
    client.socket.settimeout(0.5)
    with pytest.raises(TimeoutError):
        client.send(bytes(100_000_000))
    assert calls() == 1
    client.reset()
    eventually(lambda: calls() == 0, 2)
    over.set()


def leave_within_the_dial(start, request_bytes: bytes, **listener):
    """A client sends its request, and leaves while its upstream is silent in the handshake: that connection ends."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"https://localhost:{deaf.getsockname()[1]}"
        proxy = start(policy(url, listener=listener, upstream={"timeouts": {"connect": "8s"}}))
        client = Client(proxy.port).send(request_bytes)
        connection, _ = deaf.accept()
        with connection:
            connection.settimeout(2)
            assert connection.recv(65536)  # the beginning of a handshake
            client.reset()
            assert connection.recv(65536) == b""


def test_a_client_that_leaves_within_its_upload_ends_the_dial(start):
    """Nobody has asked for its bytes yet."""
    leave_within_the_dial(start, b"POST /files HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\nhalf")


def test_a_client_that_leaves_within_its_upload_leaves_an_early_answer_too(proxy, upstream):
    gone = threading.Event()

    def script(line):
        line.send(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf!")
        line.wait_gone()
        gone.set()

    upstream.script(script, at_head=True)
    client = Client(proxy.port)
    client.send(b"POST /files HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n" + b"a" * 500)
    assert client.head().status == 200
    assert client._exactly(5) == b"half!"
    client.reset()
    assert gone.wait(2)


def test_a_client_that_leaves_after_a_body_that_became_too_large_takes_its_call_with_it(start, own_upstream):
    """Its last bytes come with those that pass the limit: whoever read it has nothing left to read."""
    proxy = start(policy(own_upstream.url, listener={"limits": {"collectedBody": "1Ki"}}))
    started, gone = watched(own_upstream, b"")
    body = b'{"model":"m","messages":[],"x":"%s"}' % (b"a" * 5_000)
    client = Client(proxy.port)
    client.send(b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n")
    client.send(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
    assert started.wait(5)
    client.close()
    assert gone.wait(1)


def test_a_client_that_leaves_with_the_last_bytes_of_its_upload_takes_its_call_with_it(proxy, upstream):
    """Both are there when the proxy looks."""
    begun = threading.Event()
    sent = threading.Event()
    gone = threading.Event()

    def script(line):
        begun.set()
        assert sent.wait(5)
        line.wait_gone()
        gone.set()

    upstream.script(script, at_head=True)
    body = bytes(100_000)
    with Client(proxy.port) as client:
        client.send(b"POST /files HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % len(body))
        assert begun.wait(5)
        os.kill(proxy.pid, signal.SIGSTOP)
        client.send(body).close()
        os.kill(proxy.pid, signal.SIGCONT)
        sent.set()
        assert gone.wait(1)


# onDisconnect: Drain.


def draining(upstream, **action):
    return policy(upstream.url, listener={"onDisconnect": {"action": "Drain", **action}})


def long_stream(upstream, events: int, done: threading.Event, gap: float = 0.0):
    never = threading.Event()

    def script(line):
        line.send(STREAM_HEAD)
        for _ in range(events):
            line.send(CHUNK)
            never.wait(gap)
        line.send(b"0\r\n\r\n")
        line.read()  # the connection is used again: all of the answer was read
        done.set()
        line.send(OK)

    upstream.script(script)


def test_drain_reads_an_answer_to_its_end_for_nobody(start, own_upstream):
    done = threading.Event()
    long_stream(own_upstream, 50, done, 0.01)
    proxy = start(draining(own_upstream))
    client = Client(proxy.port).send(CHAT)
    assert client.head().status == 200
    client.reset()
    eventually(lambda: '"disconnect":"downstream"' in proxy.log)
    assert ask(proxy.port, GET).status == 200
    assert done.wait(5)


def test_drain_ends_at_its_bound_of_bytes(start, own_upstream):
    gone = threading.Event()
    proceed = threading.Event()

    def script(line):
        line.send(STREAM_HEAD)
        proceed.wait(5)
        try:
            while True:
                line.send(CHUNK * 100)
        except OSError:
            gone.set()

    own_upstream.script(script)
    proxy = start(draining(own_upstream, maxBytes="10Ki"))
    client = Client(proxy.port).send(CHAT)
    assert client.head().status == 200
    client.reset()
    proceed.set()
    assert gone.wait(3)


def test_drain_ends_at_its_bound_of_time(start, own_upstream):
    started, gone = watched(own_upstream, STREAM_HEAD)
    proxy = start(draining(own_upstream, maxTime="500ms"))
    client = Client(proxy.port).send(CHAT)
    assert started.wait(5)
    assert client.head().status == 200
    client.reset()
    assert not gone.wait(0.3)
    assert gone.wait(3)


@pytest.mark.parametrize("version", [b"1.1", b"1.0"], ids=["chunked", "until close"])
def test_who_stops_reading_and_goes_on_later_sees_that_part_is_missing(start, own_upstream, version):
    """What was read meanwhile was for the accounts: behind that hole there is no normal end."""
    written = threading.Event()
    pieces = 1_000  # 26 MB, more than the kernel keeps between the two

    def script(line):
        line.send(STREAM_HEAD)
        for _ in range(pieces):
            line.send(CHUNK * 1_000)
        line.send(b"0\r\n\r\n")
        written.set()

    own_upstream.script(script)
    drain = {"action": "Drain", "maxBytes": "100Mi"}
    proxy = start(policy(own_upstream.url, listener={"onDisconnect": drain}, upstream={"timeouts": {"idle": "400ms"}}))
    with Client(proxy.port) as client:
        client.send(CHAT.replace(b"HTTP/1.1", b"HTTP/" + version))
        assert client.head().status == 200
        assert written.wait(20)
        try:
            got, reset = client.rest(), False
        except Broken as broken:
            got, reset = broken.partial, broken.reset
    assert len(got) < pieces * 1_000 * len(EVENT)
    assert reset or (version == b"1.1" and not got.endswith(b"0\r\n\r\n"))


def leaves_unanswered(proxy, upstream, reply):
    """A client that leaves while it waits; then `reply(line)`, and both are there when the proxy looks."""
    left = threading.Event()

    def script(line):
        assert left.wait(5)
        reply(line)
        os.kill(proxy.pid, signal.SIGCONT)

    upstream.script(script)
    client = Client(proxy.port).send(CHAT)
    upstream.take()
    os.kill(proxy.pid, signal.SIGSTOP)
    client.reset()
    left.set()
    return json.loads(eventually(lambda: re.search(r'^{.*"disconnect":"downstream".*$', proxy.log, re.MULTILINE))[0])


@pytest.fixture
def fallback():
    server = Upstream()
    yield server
    server.stop()


@pytest.mark.parametrize("reply", ["refuses", "ends", "ends a stale connection"])
def test_drain_makes_no_call_for_nobody(start, own_upstream, fallback, reply):
    """It reads what a call has cost already: no fallback is asked, and nothing twice."""
    spec = {
        "selector": {"matchLabels": {"app": "wire"}},
        "listener": {"onDisconnect": {"action": "Drain"}},
        "routing": {"tableRef": {"name": "models"}},
    }
    servers = {"first": own_upstream, "second": fallback}
    backends = [{"name": name, "url": server.url, "dialect": "OpenAI"} for name, server in servers.items()]
    routes = [{"backends": [{"name": "first"}], "fallback": ["second"]}]
    proxy = start(documents(spec, backends, routes))
    if reply == "ends a stale connection":
        assert ask(proxy.port, GET).status == 200
        own_upstream.take()
    if reply == "refuses":
        busy = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"
        record = leaves_unanswered(proxy, own_upstream, lambda line: line.send(busy))
    else:
        record = leaves_unanswered(proxy, own_upstream, lambda line: line.close())
    assert record["status"] == 0 and "error" not in record and record["bytesOut"] == 0
    own_upstream.answer(OK)
    assert ask(proxy.port, GET).status == 200
    assert [request.method for request in own_upstream.taken() + fallback.taken()] == [b"GET"]


def test_drain_waits_for_an_answer_no_longer_than_its_bound_of_time(start, own_upstream):
    started, gone = watched(own_upstream, b"")
    proxy = start(draining(own_upstream, maxTime="500ms"), admin=True)
    client = Client(proxy.port).send(CHAT)
    assert started.wait(5)
    client.reset()
    assert not gone.wait(0.3)
    assert gone.wait(3)
    eventually(lambda: '"disconnect":"downstream"' in proxy.log)
    assert '"status":0,' in proxy.log and '"error"' not in proxy.log
    assert proxy.metric("penstock_upstream_errors_total") == 0


def test_drain_ends_a_call_that_no_backend_has(start):
    """Its connection does not stand yet, so there is nothing to account for."""
    leave_within_the_dial(start, CHAT, onDisconnect={"action": "Drain"})


def test_what_is_no_model_call_is_not_drained(start, own_upstream):
    started, gone = watched(own_upstream, STREAM_HEAD)
    proxy = start(draining(own_upstream))
    client = Client(proxy.port).send(OPAQUE)
    assert started.wait(5)
    client.reset()
    assert gone.wait(1)


def test_a_half_closed_client_of_a_finished_answer_is_not_missed(proxy, upstream):
    """The answer was there before the client left: it is its own."""
    with Client(proxy.port) as client:
        assert client.send(GET).response().status == 200
        client.half_close()
        assert client.ended()


def test_a_connection_that_sends_nothing_and_leaves_is_forgotten(start, own_upstream):
    proxy = start(policy(own_upstream.url))
    before = proxy.descriptors()
    clients = [Client(proxy.port) for _ in range(50)]
    eventually(lambda: proxy.descriptors() >= before + 50)
    for client in clients:
        client.close()
    eventually(lambda: proxy.descriptors() <= before)


def test_a_slow_reader_gets_everything(proxy, upstream):
    body = bytes(range(256)) * 20_000
    upstream.answer(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
    never = threading.Event()
    with Client(proxy.port) as client:
        client.send(GET)
        for _ in range(20):
            never.wait(0.02)
            client.more()
        assert client.response().body == body


def test_a_reader_that_stops_for_too_long_is_given_up(start, own_upstream):
    gone = threading.Event()

    def flood(line):
        try:
            line.send(STREAM_HEAD)
            while True:
                line.send(CHUNK * 1000)
        except OSError:
            gone.set()

    own_upstream.script(flood)
    proxy = start(policy(own_upstream.url, upstream={"timeouts": {"idle": "400ms"}}))
    with Client(proxy.port) as client:
        client.send(CHAT)
        assert client.head().status == 200
        assert gone.wait(5)
        with pytest.raises(Broken):
            while client.more():
                pass
            raise Broken(b"", False)


def test_a_reader_that_goes_on_slowly_may_take_its_time(start, own_upstream):
    """The limit is between two reads, also of an answer that was written whole, as a hit is."""
    answer = json.dumps({"object": "chat.completion", "choices": [{"finish_reason": "stop", "text": "a" * 7_500_000}]}).encode()
    own_upstream.answer(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(answer), answer))
    spec = {
        "selector": {"matchLabels": {"app": "wire"}},
        "upstream": {"timeouts": {"idle": "700ms"}},
        "routing": {"tableRef": {"name": "models"}},
        "caching": CACHING,
    }
    backends = [{"name": "model", "url": own_upstream.url, "dialect": "OpenAI"}]
    proxy = start(documents(spec, backends, tiers=MEMORY))
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "a"}]}).encode()
    request = b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
    assert ask(proxy.port, request).body == answer
    never = threading.Event()
    with Client(proxy.port) as client:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)  # little goes ahead of the reads
        client.send(request)
        for _ in range(70):
            never.wait(0.02)
            client.more()
        assert client.response().body == answer
    assert len(own_upstream.taken()) == 1
