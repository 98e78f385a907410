"""Clients that read stored answers slowly: what waits for them is the entry itself, or room that is counted."""

import hashlib
import json

import pytest
from proxy import CACHING, MEMORY, documents
from raw import Client, ask, post
from stack import eventually

LARGE = 7_500_000


def stored_answer() -> bytes:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "a" * LARGE}}
    return json.dumps({"id": "a", "object": "chat.completion", "model": "m", "choices": [choice]}).encode()


def chat(**options) -> bytes:
    body = {"model": "m", "messages": [{"role": "user", "content": "a"}], **options}
    return post(json.dumps(body).encode(), content_type=b"application/json")


@pytest.fixture
def limits() -> dict:
    """Room for two bodies of that size."""
    return {"collectedTotal": "16Mi"}


@pytest.fixture
def holding(start, own_upstream, limits):
    """A sidecar that has stored the answer to chat()."""
    answer = stored_answer()
    own_upstream.answer(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(answer), answer))
    spec = {
        "selector": {"matchLabels": {"app": "wire"}},
        "listener": {"limits": limits},
        "routing": {"tableRef": {"name": "models"}},
        "caching": CACHING,
    }
    backends = [{"name": "model", "url": own_upstream.url, "dialect": "OpenAI"}]
    proxy = start(documents(spec, backends, tiers=MEMORY))
    assert len(ask(proxy.port, chat()).body) == len(answer)
    own_upstream.take()
    yield proxy
    assert own_upstream.taken() == []


def digest_of_rest(client: Client) -> str:
    """Reads the body of an answer; what it is by its digest, for nobody can look at a difference of this size."""
    left = int(client.head().value(b"content-length"))
    digest = hashlib.sha256()
    while left > 0:
        data = client.take(left)
        digest.update(data)
        left -= len(data)
    return digest.hexdigest()


STORED = hashlib.sha256(stored_answer()).hexdigest()


def reads_later(proxy, request: bytes) -> Client:
    """The kernel's buffers take part of the answer ahead of the reads."""
    return Client(proxy.port).send(request).await_bytes(b"\r\n\r\n")


def test_who_reads_a_hit_slowly_holds_no_copy_of_it(holding):
    before = holding.resident_bytes()
    clients = [reads_later(holding, chat()) for _ in range(16)]
    assert holding.resident_bytes() < before + 3 * LARGE
    for client in clients:
        assert digest_of_rest(client) == STORED
        client.send(chat())
        assert digest_of_rest(client) == STORED, "the connection goes on"
        client.close()


def test_one_that_leaves_in_the_middle_takes_nothing_from_the_others(holding):
    clients = [reads_later(holding, chat()) for _ in range(4)]
    clients[0].reset()
    for client in clients[1:]:
        assert digest_of_rest(client) == STORED
        client.close()


def test_what_is_made_over_for_slow_readers_has_a_bound(holding):
    streamed = chat(stream=True)
    clients = [reads_later(holding, streamed) for _ in range(2)]
    refused = ask(holding.port, streamed)
    assert (refused.status, refused.error) == (503, b"overloaded")
    assert (refused.value(b"cache-status"), refused.value(b"age")) == (None, None), "it is no hit"
    assert ask(holding.port, chat()).status == 200, "what is given as it was stored takes no room"
    for client in clients:
        digest_of_rest(client)
        client.close()
    eventually(lambda: ask(holding.port, streamed).status == 200)


@pytest.mark.parametrize("limits", [{"collectedBody": "64Ki", "collectedTotal": "1Mi"}])
def test_one_that_alone_is_more_than_the_bound_is_given_to_one_at_a_time(holding):
    streamed = chat(stream=True)
    assert ask(holding.port, streamed).status == 200
    slow = reads_later(holding, streamed)
    assert ask(holding.port, streamed).status == 503
    slow.reset()
    eventually(lambda: ask(holding.port, streamed).status == 200)


def test_who_reads_a_paced_replay_slowly_holds_no_copy_of_it(start, own_upstream):
    event = {"id": "a", "object": "chat.completion.chunk", "model": "m", "choices": [{"index": 0, "delta": {"content": "a" * 60_000}}]}
    end = {**event, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    events = [b"data: " + json.dumps(event).encode() + b"\n\n"] * (LARGE // 60_000)
    stream = b"".join(events) + b"data: " + json.dumps(end).encode() + b"\n\ndata: [DONE]\n\n"
    own_upstream.answer(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: %d\r\n\r\n%s" % (len(stream), stream))
    caching = {**CACHING, "replay": {"pacing": "Recorded"}}
    spec = {"selector": {"matchLabels": {"app": "wire"}}, "routing": {"tableRef": {"name": "models"}}, "caching": caching}
    proxy = start(documents(spec, [{"name": "model", "url": own_upstream.url, "dialect": "OpenAI"}], tiers=MEMORY))
    streamed = chat(stream=True)
    first = ask(proxy.port, streamed).body
    own_upstream.take()
    before = proxy.resident_bytes()
    clients = [reads_later(proxy, streamed) for _ in range(16)]
    assert proxy.resident_bytes() < before + 2 * LARGE
    for client in clients:
        assert hashlib.sha256(client.response().body).digest() == hashlib.sha256(first).digest()
        client.close()
    assert own_upstream.taken() == []
