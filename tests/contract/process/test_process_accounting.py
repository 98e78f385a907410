"""Whose answer a stored one is, and what is known of a request whose client has left."""

import json
import threading

import pytest
from exchange import chat
from proxy import CACHING, MEMORY, documents, policy
from raw import Client, ask, post
from stack import eventually, fetch

STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
USAGE = {"prompt_tokens": 7, "completion_tokens": 11, "total_tokens": 18}
ANSWER = json.dumps({"object": "chat.completion", "choices": [{"finish_reason": "stop"}], "usage": USAGE}).encode()
OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(ANSWER) + ANSWER


def chunk(event: dict | None) -> bytes:
    data = b"data: " + (json.dumps(event).encode() if event else b"[DONE]") + b"\n\n"
    return b"%x\r\n%s\r\n" % (len(data), data)


def priced(upstream, action: str = "Abort", cached: bool = True) -> str:
    """A policy whose answers of USAGE cost COST."""
    spec = {
        "selector": {"matchLabels": {"app": "wire"}},
        "listener": {"onDisconnect": {"action": action}},
        "routing": {"tableRef": {"name": "models"}},
        **({"caching": CACHING} if cached else {}),
    }
    models = [{"name": "gpt-4o", "price": {"input": "1", "output": "2"}}]
    backends = [{"name": "model", "url": upstream.url, "dialect": "OpenAI", "models": models}]
    return documents(spec, backends, tiers=MEMORY if cached else None)


COST = pytest.approx((7 + 2 * 11) / 1e6)
BEGIN = STREAM_HEAD + chunk({"choices": [{"delta": {"content": "a"}}]})
END = chunk({"choices": [{"delta": {}, "finish_reason": "stop"}]}) + chunk({"choices": [], "usage": USAGE}) + chunk(None) + b"0\r\n\r\n"


def begun(upstream) -> list:
    """The lines on which an answer has begun, as they come."""
    lines = []
    upstream.script(lambda line: (line.send(BEGIN), lines.append(line), line.wait_gone()))
    return lines


def records(proxy, count: int = 1) -> list:
    """The newest first, once there are so many."""

    def there():
        found = json.loads(fetch(f"{proxy.admin_url}/api/requests"))["requests"]
        return found if len(found) == count else None

    return eventually(there)


@pytest.mark.parametrize("cached", [False, True])
def test_what_a_call_used_is_accounted_though_its_client_left(upstream, start, cached):
    lines = begun(upstream)
    proxy = start(priced(upstream, "Drain", cached), admin=True)
    client = Client(proxy.port).send(post(chat("hello", stream=True)))
    client.head()
    client.reset()
    eventually(lambda: lines)[0].send(END)
    (record,) = records(proxy)
    assert record["disconnect"] == "downstream"
    assert (record["usage"]["input"], record["usage"]["output"]) == (7, 11)
    assert not record["usage"].get("estimated")
    assert proxy.metric("penstock_cost_usd_total") == COST


@pytest.mark.parametrize("cached", [False, True])
def test_what_an_aborted_call_used_is_estimated(upstream, start, cached):
    begun(upstream)
    proxy = start(priced(upstream, "Abort", cached), admin=True)
    client = Client(proxy.port).send(post(chat("hello", stream=True)))
    client.head()
    client.reset()
    (record,) = records(proxy)
    assert record["usage"]["estimated"]
    assert proxy.metric("penstock_cost_usd_total") > 0


def test_a_shared_call_is_paid_once_though_its_first_caller_left(upstream, start):
    lines = begun(upstream)
    proxy = start(priced(upstream), admin=True)
    first, *others = clients = [Client(proxy.port) for _ in range(3)]
    for client in clients:
        assert client.send(post(chat("hello", stream=True))).head().status == 200
    first.reset()
    eventually(lambda: proxy.metric("penstock_requests_in_flight") == 2)
    lines[0].send(END)
    for client in others:
        client.await_bytes(b"[DONE]")
        client.close()
    *_, of_first = records(proxy, 3)
    assert of_first["disconnect"] == "downstream"
    assert proxy.metric("penstock_cost_usd_total") == COST
    assert proxy.metric("penstock_saved_cost_usd_total") == COST
    assert proxy.metric(r"penstock_tokens_total\{[^}]*output") == proxy.metric(r"penstock_saved_tokens_total\{[^}]*output") == 11
    assert len(upstream.taken()) == 1


def test_organizations_have_their_own_answers(upstream, start):
    upstream.answer(OK)
    spec = {"selector": {"matchLabels": {"app": "wire"}}, "routing": {"tableRef": {"name": "models"}}, "caching": CACHING}
    proxy = start(documents(spec, [{"name": "model", "url": upstream.url, "dialect": "OpenAI"}], tiers=MEMORY))
    for organization, asked in ((b"org-a", 1), (b"org-a", 0), (b"org-b", 1), (b"org-a", 0), (b"org-b", 0)):
        assert ask(proxy.port, post(chat("hello"), openai_organization=organization)).body == ANSWER
        assert len(upstream.taken()) == asked, organization


@pytest.mark.parametrize("name", [b"cookie", b"x-api-key", b"x-team"])
def test_every_line_of_a_field_tells_tenants_apart(upstream, start, name):
    """All of them go upstream."""
    upstream.answer(OK)
    spec = {"selector": {"matchLabels": {"app": "wire"}}, "routing": {"tableRef": {"name": "models"}}}
    caching = {"caching": {**CACHING, "tenant": {"header": "X-Team"} if name == b"x-team" else {}}}
    proxy = start(documents({**spec, **caching}, [{"name": "model", "url": upstream.url, "dialect": "OpenAI"}], tiers=MEMORY))

    def lines(second: bytes) -> bytes:
        request = post(chat("hello"))
        return request.replace(b"\r\n", b"\r\n%s: same\r\n%s: %s\r\n" % (name, name, second), 1)

    for second, asked in ((b"alice", 1), (b"alice", 0), (b"bob", 1), (b"bob", 0)):
        assert ask(proxy.port, lines(second)).body == ANSWER
        assert len(upstream.taken()) == asked, second


@pytest.mark.parametrize(("percent", "logged"), [(0, []), (1e-9, [404]), (100, [200, 404, 200])])
def test_the_access_log_has_its_share_and_what_failed(upstream, start, percent, logged):
    missing = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"
    upstream.answer(OK, missing, OK)
    proxy = start(policy(upstream.url, observability={"accessLog": {"samplingPercent": percent}}), admin=True)
    for status in (200, 404, 200):
        assert ask(proxy.port, post(chat("hello"))).status == status
    proxy.drain()  # the end writes what is left
    proxy.exit_status()
    assert [json.loads(line)["status"] for line in proxy.log.splitlines() if '"bytesOut"' in line] == logged


# A client that is slow, and one that is lost in the middle of what it is sent.


def stored(upstream, start):
    """A sidecar that has an answer of 7.5 MB in store, and the request for it."""
    long = json.dumps({"object": "chat.completion", "choices": [{"finish_reason": "stop", "text": "a" * 7_500_000}]}).encode()
    upstream.answer(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(long), long))
    proxy = start(priced(upstream), admin=True)
    request = post(chat("hello"))
    assert ask(proxy.port, request).body == long
    return proxy, request


def test_a_client_that_is_lost_within_a_stored_answer_has_not_got_it(upstream, start):
    proxy, request = stored(upstream, start)
    client = Client(proxy.port).send(request)
    assert client.head().status == 200
    client.reset()
    hit, _ = records(proxy, 2)
    assert (hit["cache"], hit["disconnect"]) == ("hit", "downstream")
    assert proxy.metric(r'penstock_disconnects_total\{[^}]*"downstream"') == 1


def test_a_client_that_is_lost_within_its_upload_is_one_that_left(upstream, start):
    upstream.script(lambda line: line.wait_gone(), at_head=True)
    proxy = start(priced(upstream), admin=True)
    client = Client(proxy.port).send(post(bytes(1_000), b"/v1/files")[:-5])
    eventually(lambda: upstream.connections)
    client.close()
    (record,) = records(proxy)
    assert record["disconnect"] == "downstream"
    assert proxy.metric(r'penstock_disconnects_total\{[^}]*"downstream"') == 1


def test_what_a_client_takes_to_read_is_no_overhead(upstream, start):
    proxy, request = stored(upstream, start)
    with Client(proxy.port) as client:
        client.send(request)
        assert client.head().status == 200
        assert not threading.Event().wait(0.8)
        client.skip(7_500_000)
        hit, _ = records(proxy, 2)
    assert hit["timing"]["totalUs"] > 700_000
    assert hit["timing"]["overheadUs"] < 400_000


def test_what_a_client_takes_to_send_is_no_overhead(upstream, start):
    upstream.answer(OK)
    proxy = start(priced(upstream), admin=True)
    request = post(chat("hello"))
    with Client(proxy.port) as client:
        client.send(request[:-5])
        assert not threading.Event().wait(0.8)
        assert client.send(request[-5:]).response().status == 200
    (record,) = records(proxy)
    assert record["timing"]["totalUs"] > 700_000
    assert record["timing"]["overheadUs"] < 400_000


def test_counting_tokens_uses_none_and_is_free(upstream, start):
    """It has no usage that could be without a price, and is no call of zero tokens."""
    upstream.answer(b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 18\r\n\r\n{"input_tokens":5}')
    backend = {"name": "model", "url": upstream.url, "dialect": "Anthropic"}
    spec = {"selector": {"matchLabels": {"app": "wire"}}, "routing": {"tableRef": {"name": "models"}}}
    proxy = start(documents(spec, [backend]), admin=True)
    body = json.dumps({"model": "claude", "messages": [{"role": "user", "content": "a"}]}).encode()
    assert ask(proxy.port, post(body, b"/v1/messages/count_tokens", anthropic_version=b"2023-06-01")).status == 200
    (record,) = records(proxy)
    assert record["operation"] == "count_tokens"
    assert "usage" not in record and "unpricedReason" not in record
    assert proxy.metric("penstock_unpriced_requests_total") == 0
    assert proxy.metric("gen_ai_client_token_usage_count") == 0
