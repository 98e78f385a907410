"""`Server-Timing` tells what is known of where the time went when an answer's head is written."""

import json
import threading

import pytest
from exchange import chat
from proxy import CACHING, MEMORY, documents, policy
from raw import Client, ask
from stack import eventually, fetch

GET = b"GET /v1/models HTTP/1.1\r\nhost: a\r\n\r\n"
STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
ANSWER = json.dumps({"object": "chat.completion", "choices": [{"finish_reason": "stop"}]}).encode()
WHOLE = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(ANSWER) + ANSWER
SLOW_MS = 100


def post(text: str, **wish) -> bytes:
    body = chat(text, **wish)
    return b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % len(body) + body


def timing(response) -> dict[str, float]:
    """Milliseconds by name."""
    parts = [part.split(b";dur=") for part in response.value(b"server-timing").split(b", ")]
    return {name.decode(): float(duration) for name, duration in parts}


def pause(milliseconds: int):
    threading.Event().wait(milliseconds / 1000)


def slowly(line):
    pause(SLOW_MS)
    line.send(WHOLE)


@pytest.fixture
def caching(start, own_upstream):
    spec = {"selector": {"matchLabels": {"app": "wire"}}, "routing": {"tableRef": {"name": "models"}}, "caching": CACHING}
    return start(documents(spec, [{"name": "model", "url": own_upstream.url, "dialect": "OpenAI"}], tiers=MEMORY), admin=True)


def test_a_relayed_answer_tells_of_its_connection_and_first_byte(start, own_upstream):
    own_upstream.script(slowly)
    proxy = start(policy(own_upstream.url))
    with Client(proxy.port) as client:
        first = timing(client.send(GET).response())
        assert list(first) == ["connect", "first-byte"]
        assert 0 < first["connect"] < first["first-byte"]
        assert first["first-byte"] >= SLOW_MS
        again = timing(client.send(GET).response())
        assert list(again) == ["first-byte"]
        assert again["first-byte"] >= SLOW_MS


def test_a_stream_tells_it_too(start, own_upstream):
    own_upstream.answer(STREAM + b"0\r\n\r\n")
    assert list(timing(ask(start(policy(own_upstream.url)).port, post("hello", stream=True)))) == ["connect", "first-byte"]


def test_a_miss_and_a_hit(caching, own_upstream):
    own_upstream.script(slowly)
    miss = timing(ask(caching.port, post("hello")))
    assert list(miss) == ["cache", "connect", "first-byte"]
    assert miss["first-byte"] >= SLOW_MS > miss["cache"]
    hit = timing(ask(caching.port, post("hello")))
    assert list(hit) == ["cache", "total"]
    assert hit["cache"] <= hit["total"] < SLOW_MS


def test_a_collapsed_call_waits_for_the_first_ones_head(caching, own_upstream):
    own_upstream.script(lambda line: (pause(3 * SLOW_MS), line.send(WHOLE)))
    with Client(caching.port) as leader, Client(caching.port) as follower:
        leader.send(post("hello"))
        own_upstream.take()
        pause(SLOW_MS)
        follower.send(post("hello"))
        answers = [client.response() for client in (leader, follower)]
    assert b"collapsed" in answers[1].value(b"cache-status")
    led, followed = (timing(answer) for answer in answers)
    assert list(led) == ["cache", "connect", "first-byte"]
    assert list(followed) == ["queue", "cache", "first-byte"]
    assert 0 < followed["queue"] <= followed["first-byte"] < led["first-byte"]

    def both() -> dict | None:
        """An answer may be here before its record is."""
        records = json.loads(fetch(f"{caching.admin_url}/api/requests"))["requests"]
        found = {record["cache"]: record["timing"] for record in records}
        return found if len(found) == 2 else None

    recorded = eventually(both)
    assert "queueUs" not in recorded["miss"]
    waited = recorded["collapsed"]
    assert waited["queueUs"] == pytest.approx(1000 * followed["queue"], abs=1)
    assert "overheadUs" not in waited  # how long it waited for the rest of the other answer is not known


def test_an_answer_of_the_proxys_own_has_a_total(start, own_upstream):
    own_upstream.script(lambda line: line.reset())
    response = ask(start(policy(own_upstream.url)).port, GET)
    assert response.status == 502
    assert list(timing(response)) == ["connect", "total"]


def test_what_is_put_together_of_parts_has_a_total(caching, own_upstream):
    def embeddings(*inputs: str) -> bytes:
        body = json.dumps({"model": "m", "input": inputs}).encode()
        return b"POST /v1/embeddings HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % len(body) + body

    vector = {"object": "embedding", "index": 0, "embedding": [1]}
    body = json.dumps({"object": "list", "data": [vector], "model": "m", "usage": {"prompt_tokens": 1}}).encode()
    own_upstream.answer(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
    assert "total" not in timing(ask(caching.port, embeddings("a")))
    assert list(timing(ask(caching.port, embeddings("a", "b")))) == ["cache", "first-byte", "total"]
    assert list(timing(ask(caching.port, embeddings("b", "a")))) == ["cache", "total"]
