"""Upstreams that fail: what breaks off is never shown as a normal end, and what can be repeated safely is."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from proxy import documents, policy
from raw import Broken, Client, ask
from scripted import OK
from stack import free_port

GET = b"GET /v1/models HTTP/1.1\r\nhost: a\r\n\r\n"
CHAT_BODY = b'{"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":[]}'
CHAT = b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % len(CHAT_BODY) + CHAT_BODY

EVENTS = b'data: {"choices":[{"delta":{"content":"one"}}]}\n\ndata: {"choices":[{"delta":{"content":"two"}}]}\n\ndata: [DONE]\n\n'
PLAIN = b'{"object":"list","data":[]}'


def chunks(body: bytes, size: int) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(body[i : i + size]), body[i : i + size]) for i in range(0, len(body), size))


SHAPES = {
    "length": b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(PLAIN) + PLAIN,
    "chunked": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + chunks(PLAIN, 9) + b"0\r\n\r\n",
    "trailers": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + chunks(PLAIN, 9) + b"0\r\nx-sum: 1\r\n\r\n",
    "events": b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    + chunks(EVENTS, 25)
    + b"0\r\n\r\n",
}

# Where an answer ends decides what the client can be told: before the end of its head a 502, after it no normal end.
CUTS = [(name, cut) for name, answer in SHAPES.items() for cut in range(0, len(answer), 1 if name != "events" else 3)]


@pytest.mark.parametrize("end", ["reset", "close"])
@pytest.mark.parametrize("name", SHAPES)
def test_an_answer_that_ends_early_is_seen_as_such_wherever_it_ends(proxy, upstream, name, end):
    answer = SHAPES[name]
    head_size = answer.index(b"\r\n\r\n") + 4
    request = CHAT if name == "events" else GET
    cuts = [cut for of, cut in CUTS if of == name]
    failed = proxy.metric("penstock_upstream_errors_total")
    for cut in cuts:
        upstream.script(lambda line, cut=cut: getattr(line.send(answer[:cut]), end)())
        with Client(proxy.port) as client:
            client.send(request)
            if cut < head_size:
                response = client.response()
                assert (response.status, response.error) == (502, b"upstream_failed"), cut
            else:
                with pytest.raises(Broken):
                    client.response()
    assert all(request.method in (b"GET", b"POST") for request in upstream.taken())
    assert proxy.metric("penstock_upstream_errors_total") == failed + len(cuts)


@pytest.mark.parametrize("end", ["reset", "close"])
def test_an_answer_until_close_that_is_reset_is_no_normal_end(proxy, upstream, end):
    """A close is its end; only a reset tells that something was lost. What is lost shows as a missing last chunk."""
    upstream.script(lambda line: getattr(line.send(b"HTTP/1.1 200 OK\r\n\r\n" + PLAIN), end)())
    with Client(proxy.port) as client:
        client.send(GET)
        if end == "close":
            assert client.response().body == PLAIN
        else:
            with pytest.raises(Broken):
                client.response()


def test_an_upstream_that_refuses_connections_is_a_502(start):
    proxy = start(policy(f"http://127.0.0.1:{free_port()}"))
    for request in (GET, CHAT):
        response = ask(proxy.port, request)
        assert (response.status, response.error) == (502, b"upstream_failed")


def test_an_unknown_name_is_a_502_and_the_next_request_asks_again(start):
    proxy = start(policy("http://no-such-host.invalid:80"))
    with Client(proxy.port) as client:
        for _ in range(2):
            response = client.send(GET).response()
            assert (response.status, response.error) == (502, b"upstream_failed")
            assert b"no-such-host" not in response.head + response.body


def test_a_name_that_does_not_resolve_holds_up_nobody_else(start, own_upstream):
    backends = [
        {"name": "lost", "url": "http://no-such-host.invalid:80", "dialect": "OpenAI"},
        {"name": "good", "url": own_upstream.url, "dialect": "OpenAI"},
    ]
    routes = [
        {"match": {"pathPrefixes": ["/lost"]}, "backends": [{"name": "lost"}]},
        {"backends": [{"name": "good"}]},
    ]
    spec = {"selector": {"matchLabels": {"app": "wire"}}, "routing": {"tableRef": {"name": "models"}}}
    proxy = start(documents(spec, backends, routes))
    with Client(proxy.port) as lost:
        lost.send(b"GET /lost HTTP/1.1\r\nhost: a\r\n\r\n")
        assert ask(proxy.port, GET).status == 200
        assert lost.response().status == 502


def test_an_upstream_that_does_not_accept_is_a_504_in_time(start):
    """A full backlog drops SYNs: the connection neither stands nor fails."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = []
        for _ in range(4):
            each = socket.socket()
            each.setblocking(False)
            each.connect_ex(full.getsockname())
            waiting.append(each)
        url = f"http://127.0.0.1:{full.getsockname()[1]}"
        proxy = start(policy(url, upstream={"timeouts": {"connect": "300ms"}}))
        response = ask(proxy.port, GET)
        assert (response.status, response.error) == (504, b"deadline_exceeded")
        for each in waiting:
            each.close()


def test_an_upstream_that_never_answers_is_a_504_in_time(start, own_upstream):
    gone = threading.Event()
    own_upstream.script(lambda line: (line.wait_gone(), gone.set()))
    proxy = start(policy(own_upstream.url, upstream={"timeouts": {"firstByte": "300ms"}}))
    for request in (GET, CHAT):
        gone.clear()
        response = ask(proxy.port, request)
        assert (response.status, response.error) == (504, b"deadline_exceeded")
        assert gone.wait(5)  # its connection is ended, not kept


def test_an_upstream_that_stops_within_its_answer_ends_it_as_an_error(start, own_upstream):
    own_upstream.script(lambda line: line.send(SHAPES["events"][:120]).wait_gone())
    proxy = start(policy(own_upstream.url, upstream={"timeouts": {"idle": "300ms"}}))
    with pytest.raises(Broken) as broken:
        ask(proxy.port, CHAT)
    assert b'"error"' in broken.value.partial


def test_an_upstream_that_drips_its_head_has_the_first_byte_limit_for_all_of_it(start, own_upstream):
    def drip(line):
        never = threading.Event()
        line.send(b"HTTP/1.1 200 OK\r\n")
        while not never.wait(0.05):
            line.send(b"x-a: b\r\n")

    own_upstream.script(drip)
    proxy = start(policy(own_upstream.url, upstream={"timeouts": {"firstByte": "400ms"}}))
    response = ask(proxy.port, GET)
    assert response.status == 504


# Stale connections.


def die_at_the_next_request(line):
    """Answers once; whatever comes next on this connection finds it closed (after the proxy looked)."""
    line.send(OK)
    line.read_head()
    line.read_body()
    line.reset()


@pytest.mark.parametrize("request_bytes", [GET, CHAT], ids=["get", "post"])
def test_a_stale_pooled_connection_is_replaced_once(start, own_upstream, request_bytes):
    own_upstream.script(lambda line: die_at_the_next_request(line) if line.number == 1 else line.send(OK))
    proxy = start(policy(own_upstream.url))
    with Client(proxy.port) as client:
        assert client.send(request_bytes).response().status == 200
        assert client.send(request_bytes).response().status == 200
    assert [own_upstream.take().connection for _ in range(2)] == [1, 2]


def test_a_new_connection_that_ends_without_an_answer_is_not_tried_again(start, own_upstream):
    own_upstream.script(lambda line: line.reset())
    proxy = start(policy(own_upstream.url))
    assert ask(proxy.port, CHAT).status == 502
    assert len(own_upstream.taken()) == 1


def test_a_pooled_connection_whose_answer_began_is_not_tried_again(start, own_upstream):
    def script(line):
        line.send(OK)
        line.read()
        line.send(b"HTTP/1.1 20").reset()

    own_upstream.script(script)
    proxy = start(policy(own_upstream.url))
    with Client(proxy.port) as client:
        assert client.send(CHAT).response().status == 200
        assert client.send(CHAT).response().status == 502
    assert len(own_upstream.taken()) == 2


def test_both_tries_failing_is_a_502_and_the_connection_goes_on(start, own_upstream):
    answered = []

    def script(line):
        if not answered:
            answered.append(line.number)
            die_at_the_next_request(line)
        else:
            line.reset()

    own_upstream.script(script)
    proxy = start(policy(own_upstream.url))
    with Client(proxy.port) as client:
        assert client.send(GET).response().status == 200
        assert client.send(GET).response().status == 502
        own_upstream.answer(OK)
        assert client.send(GET).response().status == 200


def test_a_pooled_connection_that_was_closed_meanwhile_is_not_even_tried(start, own_upstream):
    closed = threading.Event()

    def script(line):
        line.send(OK).close()
        closed.set()

    own_upstream.script(script)
    proxy = start(policy(own_upstream.url), admin=True)
    with Client(proxy.port) as client:
        for _ in range(5):
            assert client.send(GET).response().status == 200
            assert closed.wait(5)
            closed.clear()


def test_idle_upstream_connections_end_after_their_time(start, own_upstream):
    gone = threading.Event()

    def script(line):
        line.send(OK)
        line.wait_gone()
        gone.set()

    own_upstream.script(script)
    proxy = start(policy(own_upstream.url, upstream={"pool": {"idleTimeout": "300ms"}}))
    assert ask(proxy.port, GET).status == 200
    assert gone.wait(5)


# Uploads.


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_an_answer_before_the_end_of_an_upload_reaches_the_client(proxy, upstream, framing):
    """… also when the upstream reads nothing more, and when the client waits for the answer before it goes on."""
    answer = b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 5\r\nconnection: close\r\n\r\nlarge"
    upstream.script(lambda line: line.send(answer).wait_gone(), at_head=True)
    with Client(proxy.port) as client:
        if framing == "length":
            client.send(b"POST /files HTTP/1.1\r\nhost: a\r\ncontent-length: 100000000\r\n\r\n" + b"a" * 100_000)
        else:
            client.send(b"POST /files HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n")
            client.send(b"186a0\r\n" + b"a" * 100_000 + b"\r\n")
        response = client.response()
        assert (response.status, response.body) == (413, b"large")


def test_an_early_answer_gets_through_where_the_upload_is_stuck(proxy, upstream):
    over = threading.Event()
    answer = b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 5\r\nconnection: close\r\n\r\nlarge"

    def stuck(line):
        line.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        stalled.wait(20)
        line.send(answer)
        over.wait(20)
        line.close()

    stalled = threading.Event()
    upstream.script(stuck, at_head=True)
    with Client(proxy.port) as client:
        client.send(b"POST /files HTTP/1.1\r\nhost: a\r\ncontent-length: 100000000\r\n\r\n")
        assert send_until_it_stalls(client) < 100_000_000
        stalled.set()
        assert client.response().body == b"large"
    over.set()


@pytest.mark.parametrize("target", [b"/files", b"/v1/chat/completions"])
def test_an_upstream_that_answers_and_resets_within_an_upload(proxy, upstream, target):
    """The answer may be lost with the reset; what the client then gets is an error, and never a second request."""
    upstream.script(lambda line: line.send(OK).reset(), at_head=True)
    body = b"GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n" * 50_000
    with Client(proxy.port) as client:
        try:
            client.send(b"POST " + target + b" HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
            assert client.response().status in (200, 502)
        except (Broken, ConnectionError):
            pass
    assert ask(proxy.port, GET).status in (200, 502)
    assert all(request.target != b"/smuggled" for request in upstream.taken())


def test_an_early_answer_without_a_body_is_nobody_elses(start, own_upstream):
    """Its head waits to be written while the upload's connection is closed, and others use the worker meanwhile."""
    proxy = start(policy(own_upstream.url), workers=1)
    early = b"HTTP/1.1 413 Content Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"

    def script(line):
        if line.request.method == b"POST":
            line.send(early).reset()
        else:
            line.send(OK)

    own_upstream.script(script, at_head=True)
    body = b"a" * 3_000_000
    done = threading.Event()

    def others():
        with Client(proxy.port) as client:
            while not done.is_set():
                assert client.send(GET).response().status == 200

    def upload() -> int:
        with Client(proxy.port) as client:
            try:
                client.send(b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
                return client.response().status
            except (Broken, ConnectionError):
                return 0

    with ThreadPoolExecutor(8) as pool:
        running = [pool.submit(others) for _ in range(4)]
        try:
            seen = {status for _ in range(10) for status in pool.map(lambda _: upload(), range(4))}
        finally:
            done.set()
        for each in running:
            each.result()
    assert seen <= {0, 413, 502} and 413 in seen


def test_an_upload_that_nobody_reads_is_held_back_not_kept(start, own_upstream):
    """Back-pressure: what the upstream does not read stays with the client, and memory stays small."""
    size = 200_000_000
    proceed = threading.Event()

    def later(line):
        proceed.wait(20)
        line.skip(size)
        line.send(OK)

    own_upstream.script(later, at_head=True)
    proxy = start(policy(own_upstream.url))
    with Client(proxy.port) as client:
        client.send(b"POST /files HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % size)
        sent = send_until_it_stalls(client)
        assert sent < 50_000_000
        assert proxy.resident_bytes() < 60_000_000
        proceed.set()
        left = size - sent
        while left > 0:
            client.send(bytes(min(left, 1 << 20)))
            left -= 1 << 20
        assert client.response().status == 200


def send_until_it_stalls(client: Client, seconds: float = 0.5) -> int:
    """Bytes that the peer took before it took nothing for `seconds`."""
    sent = 0
    client.socket.settimeout(seconds)
    try:
        while True:
            sent += client.socket.send(bytes(1 << 20))
    except TimeoutError:
        client.socket.settimeout(20)
        return sent


def test_an_answer_that_nobody_reads_is_held_back_not_kept(start, own_upstream):
    size = 200_000_000
    taken = []

    def large(line):
        line.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size)
        for _ in range(size // 1_000_000):
            line.send(bytes(1_000_000))
            taken.append(1_000_000)

    own_upstream.script(large)
    proxy = start(policy(own_upstream.url))
    with Client(proxy.port) as client:
        client.send(GET)
        assert client.head().status == 200
        assert wait_until_still(lambda: len(taken)) < 60
        assert proxy.resident_bytes() < 60_000_000
        client.skip(size)


def wait_until_still(value, seconds: float = 0.5):
    """`value()` once it has not changed for `seconds`."""
    never = threading.Event()
    last = value()
    while True:
        never.wait(seconds)
        if value() == last:
            return last
        last = value()
