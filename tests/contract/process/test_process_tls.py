"""TLS on both sides, with certificates made for the test: who speaks what, and who is believed."""

import json
import signal
import ssl
import threading

import pytest
from certificates import Authority, secret, trusting
from exchange import chat
from proxy import MEMORY, documents, policy
from raw import Broken, Client, ask
from scripted import OK, Upstream
from stack import eventually

GET = b"GET /v1/models HTTP/1.1\r\nhost: a\r\n\r\n"


ANSWER = b'{"object":"chat.completion","choices":[{"finish_reason":"stop"}]}'
LISTENER = {"tls": {"certificateRef": {"name": "server"}}}


def test_the_listeners_certificate_is_shown_and_replaced_while_it_runs(tmp_path, authority, upstream, start):
    certificate, key = authority.issue("first")
    flags = secret(tmp_path, "server", tls_crt=certificate, tls_key=key)
    proxy = start(policy(upstream.url, listener=LISTENER), flags=flags, admin=True)

    def subject():
        with Client(proxy.port, tls=trusting(authority)) as client:
            assert client.send(GET).response().status == 200
            return dict(field[0] for field in client.socket.getpeercert()["subject"])["commonName"]

    assert subject() == "first"
    certificate, key = authority.issue("second")
    secret(tmp_path, "server", tls_key=key)
    secret(tmp_path, "server", tls_crt=certificate)
    eventually(lambda: subject() == "second")


def only(version: ssl.TLSVersion, context: ssl.SSLContext) -> ssl.SSLContext:
    """`context`, speaking nothing but `version`, however old."""
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    return context


VERSIONS = {"TLSv1.1": ssl.TLSVersion.TLSv1_1, "TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("version", VERSIONS)
def test_clients_speak_tls_1_2_or_newer(tmp_path, authority, upstream, engine, start, version):
    flags = secret(tmp_path, "server", **dict(zip(("tls_crt", "tls_key"), authority.issue("server"))))
    proxy = start(policy(upstream.url, listener=LISTENER), flags=flags)
    if version != "TLSv1.1":
        with Client(proxy.port, tls=only(VERSIONS[version], trusting(authority))) as client:
            assert client.send(GET).response().status == 200
            assert client.socket.version() == version
        return
    with pytest.raises(ssl.SSLError, match="(?i)protocol.version"):
        ask(proxy.port, GET, tls=only(VERSIONS[version], trusting(authority)))
    assert upstream.taken() == []
    # The client could: a server that is as old understands it.
    old, _ = engine(lambda context: only(VERSIONS[version], context))
    assert ask(old.port, GET, tls=only(VERSIONS[version], trusting(authority))).status == 200
    assert old.versions == [version]


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("version", VERSIONS)
def test_upstreams_speak_tls_1_2_or_newer(tmp_path, authority, engine, start, version):
    upstream, url = engine(lambda context: only(VERSIONS[version], context))
    flags = secret(tmp_path, "engine-ca", ca_crt=authority.certificate)
    proxy = start(policy(url, backend={"tls": {"caRef": {"name": "engine-ca", "key": "ca.crt"}}}), flags=flags)
    refused = version == "TLSv1.1"
    assert ask(proxy.port, GET).status == (502 if refused else 200)
    assert upstream.versions == ([] if refused else [version])


@pytest.mark.parametrize("offered, settled", [(["h2", "http/1.1"], "http/1.1"), (["http/1.1"], "http/1.1"), (["h2"], None), ([], None)])
def test_clients_are_told_http_1_1_by_alpn(tmp_path, authority, upstream, start, offered, settled):
    """A client that offers other protocols alone still gets HTTP/1.1, without a word."""
    flags = secret(tmp_path, "server", **dict(zip(("tls_crt", "tls_key"), authority.issue("server"))))
    proxy = start(policy(upstream.url, listener=LISTENER), flags=flags)
    context = trusting(authority)
    if offered:
        context.set_alpn_protocols(offered)
    with Client(proxy.port, tls=context) as client:
        assert client.send(GET).response().status == 200
        assert client.socket.selected_alpn_protocol() == settled


def test_upstreams_are_offered_http_1_1_alone_by_alpn(tmp_path, authority, engine, start):
    upstream, url = engine(lambda context: context.set_alpn_protocols(["h2", "http/1.1"]))
    flags = secret(tmp_path, "engine-ca", ca_crt=authority.certificate)
    proxy = start(policy(url, backend={"tls": {"caRef": {"name": "engine-ca", "key": "ca.crt"}}}), flags=flags)
    assert ask(proxy.port, GET).status == 200
    assert upstream.protocols == ["http/1.1"]


def test_plain_text_to_a_tls_listener_is_no_request(tmp_path, authority, upstream, start):
    flags = secret(tmp_path, "server", **dict(zip(("tls_crt", "tls_key"), authority.issue("server"))))
    proxy = start(policy(upstream.url, listener=LISTENER), flags=flags)
    with Client(proxy.port) as client:
        client.send(GET)
        try:
            said = client.rest()
        except Broken as broken:
            said = broken.partial
        assert b"HTTP" not in said
    assert upstream.taken() == []


def test_a_client_certificate_is_asked_for_and_checked(tmp_path, authority, upstream, start):
    flags = secret(tmp_path, "server", **dict(zip(("tls_crt", "tls_key"), authority.issue("server"))))
    secret(tmp_path, "clients", ca_crt=authority.certificate)
    tls = {**LISTENER["tls"], "clientCARef": {"name": "clients", "key": "ca.crt"}}
    proxy = start(policy(upstream.url, listener={"tls": tls}), flags=flags)
    assert ask(proxy.port, GET, tls=trusting(authority, *authority.issue("client"))).status == 200
    stranger = Authority(tmp_path / "other", "Other CA").issue("stranger")
    for context in (trusting(authority), trusting(authority, *stranger)):
        with pytest.raises((ssl.SSLError, ConnectionError, Broken)):
            ask(proxy.port, GET, tls=context)
    assert len(upstream.taken()) == 1


LONG = "".join(f"/OU={'a' * 60}{number}" for number in range(10, 18))
LONGER = "".join(f"/OU={'a' * 60}{number}" for number in range(10, 40))


@pytest.mark.parametrize(
    "first, second",
    [
        ("/CN=alice", "/CN=bob"),
        (r"/CN=alice\/OU=ops", r"/CN=alice\\/OU=ops"),
        ("/CN=alice, OU=ops", "/OU=ops/CN=alice"),
        (f"{LONG}/CN=alice", f"{LONG}/CN=bob"),
        (f"{LONGER}/CN=alice", f"{LONGER}/CN=bob"),
    ],
    ids=["names", "slash or backslash", "comma", "long", "longer"],
)
def test_who_shows_a_certificate_is_a_tenant(tmp_path, authority, upstream, start, first, second):
    """Each subject has its own answers, by whatever certificate; without one nothing is shared."""
    upstream.answer(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(ANSWER), ANSWER))
    flags = secret(tmp_path, "server", **dict(zip(("tls_crt", "tls_key"), authority.issue("server"))))
    secret(tmp_path, "clients", ca_crt=authority.certificate)
    tls = {**LISTENER["tls"], "clientCARef": {"name": "clients", "key": "ca.crt"}, "clientCertificates": "Request"}
    spec = {"selector": {"matchLabels": {"app": "wire"}}, "listener": {"tls": tls}, "routing": {"tableRef": {"name": "models"}}}
    caching = {"tiers": [{"ref": {"name": "memory"}}]}
    backends = [{"name": "model", "url": upstream.url, "dialect": "OpenAI"}]
    proxy = start(documents({**spec, "caching": caching}, backends, tiers=MEMORY), flags=flags)
    body = chat("hello")
    request = b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
    alice, again, bob = (authority.issue("client", subject=subject) for subject in (first, first, second))
    for shown, asked in ((alice, 1), (alice, 0), (again, 0), (bob, 1), (bob, 0), (alice, 0), ((), 1), ((), 1)):
        answer = ask(proxy.port, request, tls=trusting(authority, *shown))
        assert (answer.status, answer.body) == (200, ANSWER)
        assert len(upstream.taken()) == asked, shown


@pytest.mark.parametrize(
    "certificate, backend, status",
    [
        ({}, {}, 200),
        ({}, {"tls": {"serverName": "localhost"}}, 200),
        ({"host": "elsewhere"}, {}, 502),
        ({"days": 0}, {}, 502),
        ({"host": "elsewhere"}, {"tls": {"serverName": "elsewhere"}}, 200),
        ({"days": 0, "host": "elsewhere"}, {"tls": {"verify": False}}, 200),
    ],
)
def test_an_upstreams_certificate_is_verified(tmp_path, authority, start, certificate, backend, status):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("engine", **certificate))
    upstream = Upstream(tls=context)
    flags = secret(tmp_path, "engine-ca", ca_crt=authority.certificate)
    tls = {"caRef": {"name": "engine-ca", "key": "ca.crt"}, **backend.get("tls", {})}
    if tls.get("verify") is False:
        del tls["caRef"]
    url = upstream.url.replace("127.0.0.1", "localhost")
    proxy = start(policy(url, backend={"tls": tls}), flags=flags, admin=True)
    answer = ask(proxy.port, GET)
    assert answer.status == status
    if status == 502:
        assert b"localhost" not in answer.head + answer.body
        assert proxy.metric(r'penstock_upstream_errors_total\{.*reason="tls"') == 1
        assert json.loads(answer.body)["error"]
    upstream.stop()


def test_an_unknown_ca_is_refused_by_default(engine, start):
    upstream, url = engine(lambda context: None)
    assert ask(start(policy(url)).port, GET).status == 502
    assert upstream.taken() == []


def test_what_a_client_sends_ahead_in_ever_so_many_records_takes_no_stack(tmp_path, authority, upstream, start):
    """They are all there at once, while its answer is awaited."""
    go_on = threading.Event()

    def script(line):
        go_on.wait(30)
        line.send(OK)

    upstream.script(script)
    flags = secret(tmp_path, "server", **dict(zip(("tls_crt", "tls_key"), authority.issue("server"))))
    small_stacks = ("sh", "-c", 'ulimit -s 2048; exec "$@"', "sh")
    proxy = start(policy(upstream.url, listener=LISTENER), flags=flags, before=small_stacks)
    ahead = GET * 600
    with Client(proxy.port, tls=trusting(authority)) as client:
        client.send(GET)
        upstream.take()
        proxy.popen.send_signal(signal.SIGSTOP)
        for byte in ahead:
            client.send(bytes([byte]))
        proxy.popen.send_signal(signal.SIGCONT)
        go_on.set()
        for _ in range(601):
            assert client.response().status == 200
    assert proxy.popen.poll() is None, proxy.log


@pytest.mark.parametrize("end", ["close", "reset"])
def test_the_end_of_a_whole_answer_is_said_in_tls_and_no_other(tmp_path, authority, upstream, start, end):
    """HTTP/1.0 has no other end than the connection's, and a close without close_notify may be anybody's."""
    upstream.script(lambda line: getattr(line.send(b"HTTP/1.1 200 OK\r\n\r\nbody"), end)())
    flags = secret(tmp_path, "server", **dict(zip(("tls_crt", "tls_key"), authority.issue("server"))))
    proxy = start(policy(upstream.url, listener=LISTENER), flags=flags)
    with Client(proxy.port, tls=trusting(authority)) as client:
        client.socket.suppress_ragged_eofs = False
        client.send(b"GET /v1/models HTTP/1.0\r\n\r\n")
        if end == "close":
            assert client.rest().endswith(b"\r\n\r\nbody")
            return
        with pytest.raises((ssl.SSLEOFError, Broken)):
            client.rest()


@pytest.mark.parametrize("end", ["close", "reset"])
def test_a_tunnel_that_breaks_ends_otherwise_than_one_that_is_over(tmp_path, authority, upstream, start, end):
    switched = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n"
    upstream.script(lambda line: getattr(line.send(switched + b"hello"), end)())
    flags = secret(tmp_path, "server", **dict(zip(("tls_crt", "tls_key"), authority.issue("server"))))
    proxy = start(policy(upstream.url, listener=LISTENER), flags=flags)
    with Client(proxy.port, tls=trusting(authority)) as client:
        client.socket.suppress_ragged_eofs = False
        client.send(b"GET /chat HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n")
        assert client.head().status == 101
        if end == "close":
            assert client.rest() == b"hello"
            return
        with pytest.raises((ssl.SSLEOFError, Broken)):
            client.rest()
