"""Upgrades and HTTP/2: what is tunnelled as bytes, and what is not."""

import threading

import pytest
from proxy import CACHING, MEMORY, before_engine, documents, policy
from raw import Client, ask, post
from scripted import OK, Gone
from stack import eventually

UPGRADE = (
    b"GET /v1/realtime?model=m HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: keep-alive, Upgrade\r\n"
    b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n"
    b"sec-websocket-protocol: realtime\r\nauthorization: Bearer k\r\n\r\n"
)
SWITCHED = (
    b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
    b"sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def caching(url: str) -> str:
    spec = {"selector": {"matchLabels": {"app": "wire"}}, "routing": {"tableRef": {"name": "models"}}, "caching": CACHING}
    return documents(spec, [{"name": "model", "url": url, "dialect": "OpenAI"}], tiers=MEMORY)


def echo(line):
    """Switches, then sends back whatever comes, doubled; ends when its peer does."""
    line.send(SWITCHED)
    try:
        while True:
            data = line.some()
            line.send(data + data)
    except Gone:
        line.close()


def test_a_websocket_is_tunnelled(proxy, upstream):
    upstream.script(echo)
    with Client(proxy.port) as client:
        head = client.send(UPGRADE).head()
        assert head.status == 101
        assert head.value(b"upgrade") == b"websocket"
        assert head.value(b"connection").lower() == b"upgrade"
        assert head.value(b"sec-websocket-accept") == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        for message in (b"\x81\x05hello", b"GET / HTTP/1.1\r\n\r\n", bytes(range(256)) * 300):
            assert client.send(message)._exactly(len(message) * 2).count(message[:5]) >= 2
        client.half_close()
        assert client.rest() == b""
    request = upstream.take()
    assert request.target == b"/v1/realtime?model=m"
    assert request.value(b"upgrade") == b"websocket"
    assert request.value(b"connection").lower() == b"upgrade"
    assert request.value(b"sec-websocket-key") == b"dGhlIHNhbXBsZSBub25jZQ=="
    assert request.value(b"sec-websocket-protocol") == b"realtime"


def test_an_upgrade_of_a_model_call_is_no_call_to_share(start, own_upstream):
    own_upstream.script(echo)
    proxy = start(caching(own_upstream.url), admin=True)
    body = b'{"model":"m","messages":[]}'
    upgrade = post(body, upgrade=b"websocket", connection=b"upgrade")
    for _ in range(2):
        with Client(proxy.port) as client:
            assert client.send(upgrade).head().status == 101
            assert client.send(b"hello")._exactly(10) == b"hellohello"
    eventually(lambda: proxy.metric('penstock_cache_bypasses_total{reason="upgrade"}') == 2)


def test_of_several_protocols_only_websocket_is_asked_for(proxy, upstream):
    """A way past us by HTTP/2 is nothing that one may ask for beside it."""
    upstream.script(echo)
    with Client(proxy.port) as client:
        client.send(UPGRADE.replace(b"upgrade: websocket", b"upgrade: h2c, websocket"))
        assert client.head().status == 101
    assert upstream.take().values(b"upgrade") == [b"websocket"]


@pytest.mark.parametrize("said", [b"upgrade: h2c\r\n", b"upgrade: websocket, h2c\r\n", b""])
def test_an_answer_that_switches_to_something_else_is_a_502(proxy, upstream, said):
    upstream.answer(SWITCHED.replace(b"upgrade: websocket\r\n", said))
    answer = ask(proxy.port, UPGRADE)
    assert (answer.status, answer.error) == (502, b"upstream_failed")


def test_bytes_sent_along_with_either_head_are_not_lost(proxy, upstream):
    received = []

    def script(line):
        line.send(SWITCHED + b"welcome")
        received.append(line._exactly(5))
        line.close()

    upstream.script(script)
    with Client(proxy.port) as client:
        client.send(UPGRADE + b"early")
        assert client.head().status == 101
        assert client.rest() == b"welcome"
    assert received == [b"early"]


@pytest.mark.parametrize("answer", [b"HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno", OK])
def test_an_upgrade_that_is_not_accepted_is_an_ordinary_exchange(proxy, upstream, answer):
    upstream.answer(answer)
    with Client(proxy.port) as client:
        assert client.send(UPGRADE).response().status == int(answer[9:12])
        assert client.send(UPGRADE).response().status == int(answer[9:12])


@pytest.mark.parametrize("leaver", ["client", "upstream"])
def test_either_end_of_a_tunnel_takes_the_other_with_it(proxy, upstream, leaver):
    gone = threading.Event()
    leave = threading.Event()

    def script(line):
        line.send(SWITCHED)
        if leaver == "upstream":
            leave.wait(5)
            line.reset()
        else:
            line.wait_gone()
            gone.set()

    upstream.script(script)
    client = Client(proxy.port)
    assert client.send(UPGRADE).head().status == 101
    if leaver == "client":
        client.reset()
        assert gone.wait(1)
    else:
        leave.set()
        client.socket.settimeout(1)
        assert client.ended()


def test_a_half_closed_tunnel_still_carries_the_other_direction(proxy, upstream):
    def script(line):
        line.send(SWITCHED)
        heard = b""
        try:
            while True:
                heard += line.some()
        except Gone:
            line.send(b"heard " + heard).close()

    upstream.script(script)
    with Client(proxy.port) as client:
        assert client.send(UPGRADE).head().status == 101
        client.send(b"all of it").half_close()
        assert client.rest() == b"heard all of it"


def test_an_idle_tunnel_ends_and_a_busy_one_does_not(start, own_upstream):
    own_upstream.script(echo)
    proxy = start(policy(own_upstream.url, upstream={"timeouts": {"idle": "600ms"}}))
    never = threading.Event()
    with Client(proxy.port) as client:
        assert client.send(UPGRADE).head().status == 101
        for _ in range(8):
            never.wait(0.2)
            assert client.send(b"x")._exactly(2) == b"xx"
        assert client.ended()


def test_the_bytes_of_tunnels_are_counted(start, own_upstream):
    own_upstream.script(echo)
    proxy = start(policy(own_upstream.url), admin=True)
    with Client(proxy.port) as client:
        assert client.send(UPGRADE).head().status == 101
        assert client.send(b"12345")._exactly(10) == b"1234512345"
        client.half_close()
        assert client.rest() == b""
    eventually(lambda: proxy.metric(r'penstock_tunnel_bytes_total\{[^}]*"up"') == 5)
    assert proxy.metric(r'penstock_tunnel_bytes_total\{[^}]*"down"') == 10


def test_a_tunnel_holds_back_what_its_end_does_not_read(proxy, upstream):
    never = threading.Event()
    sent = []

    def script(line):
        line.send(SWITCHED)
        for _ in range(100):
            line.send(bytes(1_000_000))
            sent.append(1)
        line.close()

    upstream.script(script)
    with Client(proxy.port) as client:
        assert client.send(UPGRADE).head().status == 101
        assert not never.wait(0.5)
        assert len(sent) < 50
        client.skip(100_000_000)


@pytest.mark.parametrize(
    "lines",
    [
        b"upgrade: h2c\r\nconnection: upgrade, http2-settings\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n",
        b"upgrade: websocket\r\n",
        b"connection: upgrade\r\n",
        b"upgrade: TLS/1.2\r\nconnection: upgrade\r\n",
        b"upgrade: \r\nconnection: upgrade\r\n",
    ],
    ids=["h2c", "without connection", "without upgrade", "tls", "empty"],
)
def test_any_other_upgrade_is_stripped_and_the_request_served(proxy, upstream, lines):
    assert ask(proxy.port, b"GET /x HTTP/1.1\r\nhost: a\r\n" + lines + b"\r\n").status == 200
    request = upstream.take()
    assert {name for name, _ in request.fields} & {b"upgrade", b"connection", b"http2-settings"} == set()


def test_an_upgrade_of_http_1_0_is_stripped(proxy, upstream):
    assert ask(proxy.port, UPGRADE.replace(b"HTTP/1.1", b"HTTP/1.0")).status == 200
    assert upstream.take().value(b"upgrade") is None


def test_a_preface_of_http_2_stand_alone_is_a_505(proxy, upstream):
    for size in (len(PREFACE), 18):
        with Client(proxy.port) as client:
            response = client.send(PREFACE[:size]).response()
            assert (response.status, response.error) == (505, b"version_not_supported")
            assert client.ended()
    assert upstream.taken() == []


def test_a_preface_of_http_2_in_a_pod_is_tunnelled_to_the_engine(start):
    """The engine's end is not HTTP/1.1, so it is a bare socket here."""
    import socket

    engine = socket.create_server(("127.0.0.1", 0))
    proxy = start(before_engine(engine.getsockname()[1]))
    with Client(proxy.port) as client:
        client.send(PREFACE[:10])
        client.send(PREFACE[10:] + b"frames")
        connection, _ = engine.accept()
        connection.settimeout(10)
        received = b""
        while len(received) < len(PREFACE) + 6:
            received += connection.recv(1000)
        assert received == PREFACE + b"frames"
        connection.sendall(b"settings")
        connection.close()
        assert client.rest() == b"settings"
    engine.close()
