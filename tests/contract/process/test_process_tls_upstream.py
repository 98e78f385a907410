"""TLS to the upstream: its connections and sessions are used again, and it may speak before it has the whole request."""

import ssl
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from certificates import secret
from exchange import chat
from proxy import policy
from raw import Client, ask
from scripted import OK

GET = b"GET /v1/models HTTP/1.1\r\nhost: a\r\n\r\n"
CLOSES = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
VERSIONS = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}
HINTS = b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"


@pytest.fixture
def behind(tmp_path, authority, engine, start):
    """Starts a sidecar in front of a TLS upstream: (upstream, sidecar)."""

    def start_both(prepare=lambda context: None, **options):
        upstream, url = engine(prepare)
        flags = secret(tmp_path, "engine-ca", ca_crt=authority.certificate)
        resources = policy(url, backend={"tls": {"caRef": {"name": "engine-ca", "key": "ca.crt"}}})
        return upstream, start(resources, flags=flags, **options)

    return start_both


def test_a_session_is_resumed(behind):
    upstream, proxy = behind()
    upstream.answer(CLOSES)
    for _ in range(3):
        assert ask(proxy.port, GET).status == 200
    assert upstream.sessions_resumed[0] is False
    assert True in upstream.sessions_resumed[1:]


def test_calls_that_dial_at_once_share_sessions(behind):
    """Each answer brings a new session while others dial with the one before."""
    upstream, proxy = behind()
    upstream.answer(CLOSES)
    with ThreadPoolExecutor(24) as pool:
        statuses = list(pool.map(lambda _: ask(proxy.port, GET).status, range(1_000)))
    assert set(statuses) == {200}
    assert proxy.popen.poll() is None, proxy.log
    assert upstream.sessions_resumed.count(True) > 500


@pytest.mark.parametrize("version", VERSIONS)
def test_a_connection_is_used_again(behind, version):
    def prepare(context):
        context.minimum_version = context.maximum_version = VERSIONS[version]

    upstream, proxy = behind(prepare, admin=True)
    chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    upstream.answer(OK, chunked, OK)
    with Client(proxy.port) as client:
        for _ in range(6):
            assert client.send(GET).response().body == b"{}"
    assert {request.connection for request in upstream.taken()} == {1}
    assert upstream.versions == [version]
    assert proxy.metric("penstock_upstream_connections_reused_total") == 5


def test_an_idle_connection_is_kept(behind):
    """Though the last that the event loop saw of it may be an answer's end, or tickets."""
    upstream, proxy = behind(admin=True)
    assert ask(proxy.port, GET).status == 200
    assert not threading.Event().wait(2.5)  # the pool is looked through each second
    assert proxy.metric(r'penstock_connections\{[^}]*"upstream"') == 1
    assert ask(proxy.port, GET).status == 200
    assert upstream.connections == 1


def test_a_connection_that_the_upstream_closed_is_not_used(behind):
    upstream, proxy = behind(admin=True)
    closed = threading.Semaphore(0)

    def script(line):
        line.send(OK).close()
        closed.release()

    upstream.script(script)
    with Client(proxy.port) as client:
        for _ in range(30):
            assert client.send(GET).response().status == 200
            assert closed.acquire(timeout=10)
    assert len(upstream.taken()) == 30
    assert proxy.metric("penstock_upstream_retries_total") == 0
    assert proxy.metric("penstock_upstream_connections_opened_total") == 30


@pytest.mark.parametrize(
    "records, seen",
    [
        ([b"HTTP/1.1 100 Continue\r\n\r\n"], 0),
        ([HINTS], 1),
        ([HINTS[:20], HINTS[20:]], 1),
        ([HINTS.replace(b"/a", b"/" + b"a" * 1_000)] * 4, 4),
    ],
    ids=["100", "103", "two records", "more than is kept"],
)
def test_an_upstream_may_speak_within_an_upload(behind, records, seen):
    """Piece by piece, so that it is heard while the client's next one is awaited."""
    upstream, proxy = behind()
    pieces, piece = 40, b"5\r\nhello\r\n"
    spoken = threading.Semaphore(0)

    def script(line):
        for _ in range(pieces):
            line.skip(len(piece))
            for record in records:
                line.send(record)
            spoken.release()
        line.skip(len(b"0\r\n\r\n"))
        line.send(OK)

    upstream.script(script, at_head=True)
    with Client(proxy.port) as client:
        client.send(b"POST /v1/files HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n")
        for _ in range(pieces):
            client.send(piece)
            assert spoken.acquire(timeout=10)
        client.send(b"0\r\n\r\n")
        assert [client.head().status for _ in range(pieces * seen)] == [103] * pieces * seen
        assert client.response().body == b"{}"
    assert proxy.popen.poll() is None, proxy.log


def test_an_upstream_may_speak_before_it_has_a_collected_body(behind):
    upstream, proxy = behind()
    upstream.script(lambda line: (line.send(HINTS), line.read_body(), line.send(OK)), at_head=True)
    body = chat("a" * 12_000_000)
    with Client(proxy.port) as client:
        client.send(b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        assert [client.head().status, client.response().status] == [103, 200]


@pytest.mark.parametrize("body", [100_000, 10_000_000], ids=["the client waits", "the upload is stuck"])
def test_an_early_answer_behind_hints_is_heard(behind, body):
    """In a record of its own, as every part of the hints."""
    upstream, proxy = behind()
    answer = b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 5\r\nconnection: close\r\n\r\nlarge"

    def script(line):
        for record in (HINTS[:20], HINTS[20:], answer):
            line.send(record)
        over.wait(10)

    over = threading.Event()
    upstream.script(script, at_head=True)
    with Client(proxy.port) as client:
        client.send(b"POST /files HTTP/1.1\r\nhost: a\r\ncontent-length: 100000000\r\n\r\n")
        sending = threading.Thread(target=send_quietly, args=(client, bytes(body)), daemon=True)
        sending.start()
        assert client.head().status == 103
        answered = client.response()
        assert (answered.status, answered.body) == (413, b"large")
    over.set()


def send_quietly(client: Client, data: bytes):
    try:
        client.send(data)
    except OSError:
        pass  # its answer came before it was through
