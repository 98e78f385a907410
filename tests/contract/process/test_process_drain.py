"""How a sidecar ends, and how several share one port."""

import json
import signal
import socket
import threading
import urllib.error

import pytest
from exchange import chat
from steady_load import Load
from proxy import CACHING, MEMORY, before_engine, documents, policy
from raw import Broken, Client
from stack import eventually, fetch

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
ASK = b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"


def chunk(event: bytes) -> bytes:
    data = b"data: " + event + b"\n\n"
    return b"%x\r\n%s\r\n" % (len(data), data)


def stream_request() -> bytes:
    body = chat("hello", stream=True)
    return ASK % (len(body), body)


def status_of(url: str) -> int:
    try:
        fetch(url)
    except urllib.error.HTTPError as error:
        return error.code
    return 200


def test_sigterm_turns_readiness_off_and_closes_connections_before_it_stops_listening(upstream, start):
    proxy = start(policy(upstream.url), admin=True, flags=("--drain-delay", "2s", "--drain-grace", "5s"))
    with Client(proxy.port) as client:
        assert client.send(b"GET /v1/models HTTP/1.1\r\nhost: a\r\n\r\n").response().value(b"connection") is None
        proxy.drain()
        eventually(lambda: status_of(f"{proxy.status_url}/readyz") == 503)
        assert status_of(f"{proxy.status_url}/healthz") == 200
        # The workers hear of it a moment after the status port.
        eventually(lambda: client.send(b"GET /v1/models HTTP/1.1\r\nhost: a\r\n\r\n").response().value(b"connection"))
        assert client.rest() == b""
    with Client(proxy.port) as late:  # still taken during the delay
        assert late.send(b"GET /v1/models HTTP/1.1\r\nhost: a\r\n\r\n").response().status == 200
    assert proxy.exit_status() == 0


def test_a_stream_finishes_within_the_grace(upstream, start):
    upstream.script(lambda line: (line.send(HEAD + chunk(b'{"choices":[]}')), lines.append(line), line.more()))
    lines = []
    proxy = start(policy(upstream.url), flags=("--drain-delay", "0s", "--drain-grace", "20s"))
    with Client(proxy.port) as client:
        client.send(stream_request())
        client.head()
        proxy.drain()
        proxy.says("draining")
        eventually(lambda: lines)[0].send(chunk(b"[DONE]") + b"0\r\n\r\n")
        assert client.rest().endswith(b"0\r\n\r\n")
    assert proxy.exit_status() == 0


def test_a_stream_that_outlasts_the_grace_is_ended(upstream, start):
    upstream.script(lambda line: (line.send(HEAD + chunk(b'{"choices":[]}')), line.more()))
    proxy = start(policy(upstream.url), flags=("--drain-delay", "0s", "--drain-grace", "200ms"))
    with Client(proxy.port) as client:
        client.send(stream_request())
        client.head()
        proxy.drain()
        try:
            assert not client.rest().endswith(b"0\r\n\r\n"), "an end that is none"
        except Broken:
            pass
    assert proxy.exit_status() == 0


@pytest.mark.parametrize("cached", [False, True])
def test_a_second_signal_ends_at_once(upstream, start, cached):
    upstream.script(lambda line: (line.send(HEAD + chunk(b'{"choices":[]}')), line.more()))
    spec = {"selector": {"matchLabels": {"app": "wire"}}, "routing": {"tableRef": {"name": "models"}}}
    if cached:
        spec["caching"] = CACHING
    resources = documents(spec, [{"name": "model", "url": upstream.url, "dialect": "OpenAI"}], tiers=MEMORY if cached else None)
    proxy = start(resources, workers=2, flags=("--drain-delay", "60s", "--drain-grace", "60s"))
    clients = [Client(proxy.port).send(stream_request()) for _ in range(6)]  # with caching they share one call
    for client in clients:
        client.head()
    proxy.drain()
    proxy.says("draining")
    proxy.popen.send_signal(signal.SIGTERM)
    assert proxy.exit_status() == 0


UPGRADE = b"GET /v1/realtime HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n"
SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def end_by_grace(proxy):
    proxy.drain()


def end_by_second_signal(proxy):
    proxy.drain()
    proxy.says("draining")
    proxy.popen.send_signal(signal.SIGTERM)


ENDINGS = [
    pytest.param(end_by_grace, ("--drain-delay", "0s", "--drain-grace", "200ms"), id="grace"),
    pytest.param(end_by_second_signal, ("--drain-delay", "60s", "--drain-grace", "60s"), id="second signal"),
]


@pytest.mark.parametrize(("end", "flags"), ENDINGS)
@pytest.mark.parametrize("blocked", [False, True])
def test_an_open_tunnel_ends_with_the_process(upstream, start, end, flags, blocked):
    """Also one whose end takes no more bytes."""
    over = threading.Event()

    def script(line):
        line.send(SWITCHED)
        if blocked:
            over.wait()
            line.reset()
        else:
            line.wait_gone()

    upstream.script(script)
    proxy = start(policy(upstream.url), flags=flags)
    with Client(proxy.port) as client:
        assert client.send(UPGRADE).head().status == 101
        if blocked:
            fill(client)
        end(proxy)
        try:
            assert proxy.exit_status() == 0
        finally:
            over.set()


def fill(client: Client):
    """Sends until nothing on the way takes a byte more for a while."""
    client.socket.settimeout(0.3)
    with pytest.raises(TimeoutError):
        while True:
            client.socket.sendall(bytes(1 << 20))


@pytest.mark.parametrize(("end", "flags"), ENDINGS)
def test_an_open_http2_tunnel_ends_with_the_process(start, end, flags):
    with socket.create_server(("127.0.0.1", 0)) as engine:
        proxy = start(before_engine(engine.getsockname()[1]), flags=flags)
        with Client(proxy.port) as client:
            client.send(PREFACE)
            connection, _ = engine.accept()
            with connection:
                assert connection.recv(1000) == PREFACE
                end(proxy)
                assert proxy.exit_status() == 0


def test_post_drain_is_a_sigterm_and_drained_waits_for_its_end(upstream, start):
    proxy = start(policy(upstream.url), admin=True, flags=("--drain-delay", "300ms"))
    fetch(f"{proxy.admin_url}/drain", method="POST", body=b"")
    assert json.loads(fetch(f"{proxy.status_url}/drained"))["status"] == "drained"
    assert proxy.exit_status() == 0


def test_processes_share_a_port_and_one_may_go(upstream, start):
    first = start(policy(upstream.url))
    second = start(policy(upstream.url), port=first.port)
    assert second.port == first.port
    with Load(first.port, chat("hello"), clients=8) as load:
        load.wait_for(100)
        first.drain()
        assert first.exit_status(20) == 0
        load.wait_for(100)
    # A connection that was being closed as a client wrote to it is the client's to try again.
    ended = ("RemoteDisconnected", "ConnectionResetError", "BrokenPipeError")
    assert all(failure.startswith(ended) for failure in load.failures)
    assert len(load.failures) <= 8
