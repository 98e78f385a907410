"""Who may use the data listener, and which credential goes where."""

import json
import subprocess
import threading

import pytest
from exchange import chat
from proxy import CACHING, MEMORY, documents, policy
from raw import Client, ask, post
from scripted import OK
from secret_files import secrets
from stack import SIDECAR, eventually

KEYS = "# two clients\nalpha-key\nbeta-key\n"


AUTHENTICATION = {"authentication": {"keysRef": {"name": "clients", "key": "key"}}}


@pytest.mark.parametrize("header", ["authorization", "x_api_key", "api_key"])
def test_a_key_of_the_listener_opens_it_and_goes_no_further(tmp_path, upstream, start, header):
    flags = secrets(tmp_path, clients=KEYS)
    proxy = start(policy(upstream.url, listener=AUTHENTICATION), flags=flags)
    value = b"Bearer beta-key" if header == "authorization" else b"beta-key"
    assert ask(proxy.port, post(chat("hello"), **{header: value})).status == 200
    assert b"beta-key" not in upstream.take().raw


@pytest.mark.parametrize("headers", [{}, {"authorization": b"Bearer gamma"}, {"x_api_key": b"alpha-ke"}])
def test_no_key_or_a_wrong_one_is_a_401(tmp_path, upstream, start, headers):
    proxy = start(policy(upstream.url, listener=AUTHENTICATION), flags=secrets(tmp_path, clients=KEYS))
    refused = ask(proxy.port, post(chat("hello"), **headers))
    assert refused.status == 401 and refused.error == b"unauthenticated"
    assert "message" in json.loads(refused.body)["error"]
    assert upstream.taken() == []


def test_a_key_that_is_taken_out_no_longer_opens_connections_that_are_there(tmp_path, upstream, start):
    """Nor is one still refused that was put in."""
    flags = secrets(tmp_path, clients=KEYS)
    proxy = start(policy(upstream.url, listener=AUTHENTICATION), flags=flags, admin=True)

    def status(client: Client, key: bytes) -> int:
        return client.send(post(chat("hello"), authorization=b"Bearer " + key)).response().status

    with Client(proxy.port) as old, Client(proxy.port) as new:
        assert (status(old, b"alpha-key"), status(new, b"gamma-key")) == (200, 401)
        (tmp_path / "secrets" / "clients" / "key").write_text("beta-key\ngamma-key\n")
        eventually(lambda: status(old, b"alpha-key") == 401)
        assert status(new, b"gamma-key") == 200
        assert status(old, b"beta-key") == 200


def test_a_backends_credential_replaces_every_credential_of_the_client(tmp_path, upstream, start):
    flags = secrets(tmp_path, engine="engine-secret\n")
    backend = {"credentials": {"secretRef": {"name": "engine", "key": "key"}}}
    proxy = start(policy(upstream.url, backend=backend), flags=flags)
    given = {"authorization": b"Bearer mine-1", "x_api_key": b"mine-2", "api_key": b"mine-3", "x_goog_api_key": b"mine-4"}
    assert ask(proxy.port, post(chat("hello"), b"/v1/chat/completions?key=mine-5", **given)).status == 200
    sent = upstream.take()
    assert sent.target == b"/v1/chat/completions"
    assert sent.value(b"authorization") == b"Bearer engine-secret"
    assert b"mine-" not in sent.raw


def test_a_clients_credential_goes_to_the_one_backend_it_was_meant_for(upstream, own_upstream, start):
    upstream.answer(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n")
    spec = {"selector": {"matchLabels": {"app": "wire"}}, "routing": {"tableRef": {"name": "models"}}}
    backends = [
        {"name": "first", "url": upstream.url, "dialect": "OpenAI"},
        {"name": "second", "url": own_upstream.url, "dialect": "OpenAI"},
    ]
    routes = [{"backends": [{"name": "first"}], "fallback": ["second"]}]
    proxy = start(documents(spec, backends, routes))
    given = {"authorization": b"Bearer mine-1", "x_api_key": b"mine-2", "api_key": b"mine-3", "x_goog_api_key": b"mine-4"}
    given["cookie"] = b"session=mine-5"
    given |= {"ocp_apim_subscription_key": b"mine-6", "cf_aig_authorization": b"Bearer mine-7", "x_portkey_api_key": b"mine-8"}
    given |= {"helicone_auth": b"Bearer mine-9", "x_amz_security_token": b"mine-10"}
    path = b"/v1/chat/completions?api-version=1&key=mine-11&api_key=mine-12&access_token=mine-13"
    assert ask(proxy.port, post(chat("hello"), path, **given)).status == 200
    meant = upstream.take()
    assert (meant.target, meant.raw.count(b"mine-")) == (path, 13)
    other = own_upstream.take()
    assert (other.target, other.raw.count(b"mine-")) == (b"/v1/chat/completions?api-version=1", 0)


BOTH, ALPHA = (b"alpha-key", b"beta-key"), (b"alpha-key", b"alpha-key")


@pytest.mark.parametrize(
    ("keys", "beside", "calls"),
    [
        (BOTH, ({}, {}), 1),
        (BOTH, ({"cookie": b"session=old"}, {"cookie": b"session=good"}), 2),
        (ALPHA, ({"cookie": b"jar=1"}, {"cookie": b"jar=2"}), 1),
        (ALPHA, ({}, {"cookie": b"jar=2"}), 2),
        (ALPHA, ({"ocp_apim_subscription_key": b"one"}, {"ocp_apim_subscription_key": b"two"}), 2),
        (BOTH, ({"cf_aig_authorization": b"Bearer one"}, {"cf_aig_authorization": b"Bearer one"}), 1),
        (ALPHA, ({}, {"helicone_auth": b"Bearer one"}), 2),
    ],
    ids=["two keys", "two sessions", "two jars of one key", "one session", "two gateway keys", "one gateway key", "one shows a gateway key"],
)
def test_keys_of_the_listener_part_no_calls_but_what_passes_behind_them_does(tmp_path, own_upstream, start, keys, beside, calls):
    """No backend sees them, so what it says to one of a tenant it says to all; unless it knows them by sessions or gateways' keys."""
    caching = {"caching": {**CACHING, "tenant": {"header": "X-Team"}}}
    spec = {"selector": {"matchLabels": {"app": "wire"}}, "listener": AUTHENTICATION, "routing": {"tableRef": {"name": "models"}}}
    backends = [{"name": "model", "url": own_upstream.url, "dialect": "OpenAI"}]
    flags = secrets(tmp_path, clients=KEYS)
    proxy = start(documents({**spec, **caching}, backends, tiers=MEMORY), flags=flags, admin=True)
    proceed = threading.Event()
    own_upstream.script(lambda line: proceed.wait(20) and line.send(OK))
    with Client(proxy.port) as one, Client(proxy.port) as other:
        for client, name, shown in zip((one, other), keys, beside, strict=True):
            client.send(post(chat("hello"), authorization=b"Bearer " + name, x_team=b"red", **shown))
        eventually(lambda: proxy.metric("penstock_requests_in_flight") == 2)
        proceed.set()
        assert (one.response().status, other.response().status) == (200, 200)
    assert len(own_upstream.taken()) == calls


def test_callers_of_one_key_whom_a_gateway_tells_apart_share_no_stored_answer(own_upstream, start):
    spec = {"selector": {"matchLabels": {"app": "wire"}}, "routing": {"tableRef": {"name": "models"}}, "caching": CACHING}
    backends = [{"name": "model", "url": own_upstream.url, "dialect": "OpenAI"}]
    proxy = start(documents(spec, backends, tiers=MEMORY))
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "a"}}
    body = json.dumps({"id": "a", "object": "chat.completion", "model": "m", "choices": [choice]}).encode()
    own_upstream.answer(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))

    def ask_as(**shown: bytes) -> None:
        assert ask(proxy.port, post(chat("hello"), authorization=b"Bearer shared", **shown)).status == 200

    for key, calls in ((b"one", 1), (b"two", 1), (b"one", 0)):
        ask_as(ocp_apim_subscription_key=key)
        assert len(own_upstream.taken()) == calls
    ask_as()
    assert len(own_upstream.taken()) == 1


def test_where_no_model_is_called_a_query_is_the_clients_own(tmp_path, upstream, start):
    backend = {"credentials": {"secretRef": {"name": "engine", "key": "key"}}}
    proxy = start(policy(upstream.url, backend=backend), flags=secrets(tmp_path, engine="engine-secret\n"))
    for path, sent in (
        (b"/key/info?key=asked-for", b"/key/info?key=asked-for"),
        (b"/v1beta/models/m:generateContent?key=mine&alt=sse", b"/v1beta/models/m:generateContent?alt=sse"),
        (b"/v1/chat/completions?key=mine&subscription-key=gateway", b"/v1/chat/completions?subscription-key=gateway"),
    ):
        assert ask(proxy.port, post(chat("hello"), path)).status == 200
        assert upstream.take().target == sent


def test_a_cookie_is_no_key_of_the_listener_and_passes(tmp_path, upstream, start):
    """A session of the backend's own, or a gateway's mark of who answered last."""
    proxy = start(policy(upstream.url, listener=AUTHENTICATION), flags=secrets(tmp_path, clients=KEYS))
    given = {"authorization": b"Bearer beta-key", "cookie": b"session=mine"}
    assert ask(proxy.port, post(chat("hello"), **given)).status == 200
    sent = upstream.take()
    assert (sent.value(b"cookie"), sent.value(b"authorization")) == (b"session=mine", None)


def test_a_credential_behind_an_open_listener_beyond_loopback_is_refused(tmp_path, upstream):
    resources = tmp_path / "all.yaml"
    backend = {"credentials": {"secretRef": {"name": "engine", "key": "key"}}}
    resources.write_text(policy(upstream.url, backend=backend))
    flags = ["--resources", resources, *secrets(tmp_path, engine="engine-secret"), "--admin", "off"]
    run = subprocess.run([SIDECAR, *flags, "--listen", "0.0.0.0:0", "--check"], capture_output=True, text=True, timeout=20)
    assert run.returncode != 0
    assert "allowAnonymous" in run.stderr


def test_two_backends_names_with_a_star_take_the_rest_of_a_family(upstream, start):
    proxy = start(policy(upstream.url, backend={"models": [{"name": "gpt-4o*", "price": {"input": "1", "output": "2"}}]}), admin=True)
    assert ask(proxy.port, post(chat("hello"))).status == 200
    body = json.dumps({"model": "gpt-3", "messages": []}).encode()
    assert ask(proxy.port, post(body)).status == 503
    assert len(upstream.taken()) == 1
