"""A secret in every credential, a prompt in every body, a text in every answer: where they must not appear."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from exchange import chat, embeddings, messages
from proxy import CACHING, MEMORY, documents
from raw import Client, ask, post
from scripted import OK
from secret_files import secrets
from stack import eventually, fetch

KEY, ENGINE, PROMPT = "canary-key-3b1f", "canary-engine-90cd", "canary-prompt-77aa"
TOLD, COOKIE = "canary-answer-52e0", b"canary-cookie-18e4"
HEADERS = {"authorization": b"Bearer " + KEY.encode(), "x_experiment": KEY.encode(), "cookie": KEY.encode()}
MESSAGES, EMBEDDINGS = b"/v1/messages", b"/v1/embeddings"
PAGES = [
    "/metrics",
    "/api/policy",
    "/api/signals",
    "/api/backends",
    "/api/requests?limit=1000",
    "/api/cache/stats",
    "/api/dashboard/summary",
]


def answered(body, media_type: bytes = b"application/json") -> bytes:
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = b"HTTP/1.1 200 OK\r\ncontent-type: %s\r\ncontent-length: %d\r\nset-cookie: %s\r\n\r\n"
    return head % (media_type, len(body), COOKIE) + body


def complete(request) -> bytes:
    """A whole answer of the kind that was asked for: one that is kept."""
    asked = json.loads(request.body)
    usage = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}
    if request.target == EMBEDDINGS:
        rows = [{"object": "embedding", "index": index, "embedding": [0.25, 0.5]} for index in range(len(asked["input"]))]
        return answered({"object": "list", "model": asked["model"], "data": rows, "usage": usage})
    if request.target == MESSAGES:
        content = {"role": "assistant", "content": [{"type": "text", "text": TOLD}], "stop_reason": "end_turn"}
        usage = {"input_tokens": 9, "output_tokens": 4}
        return answered({"id": "m", "type": "message", "model": asked["model"], **content, "usage": usage})
    common = {"id": "c", "created": 1, "model": asked["model"]}
    if not asked.get("stream"):
        choice = {"index": 0, "message": {"role": "assistant", "content": TOLD}, "finish_reason": "stop"}
        return answered({**common, "object": "chat.completion", "choices": [choice], "usage": usage})
    deltas = [({"role": "assistant", "content": ""}, None), ({"content": TOLD}, None), ({}, "stop")]
    events = [
        {**common, "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
        for delta, reason in deltas
    ]
    stream = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events) + b"data: [DONE]\n\n"
    return answered(stream, b"text/event-stream")


@pytest.fixture
def proxy(tmp_path, upstream, start):
    """Caching, with a credential of its own for the backend; every request's bytes are in upstream's hands alone."""
    spec = {
        "selector": {"matchLabels": {"app": "wire"}},
        "routing": {"tableRef": {"name": "models"}},
        "caching": {**CACHING, "key": {"headers": ["x-experiment"]}},
    }
    backend = {"name": "model", "url": upstream.url, "dialect": "OpenAI"}
    backend["credentials"] = {"secretRef": {"name": "engine", "key": "key"}}
    return start(documents(spec, [backend], tiers=MEMORY), flags=secrets(tmp_path, engine=ENGINE), admin=True, workers=2)


def outcome(response) -> str:
    """What the cache did, as Cache-Status has it."""
    assert response.status == 200
    return response.value(b"cache-status").decode().split("; ")[-1 if b"collapsed" in response.head else 1]


def assert_nowhere(proxy, canaries: tuple, answers: bytes = b"", seen: tuple = ()):
    """`seen`: what the log and the list of requests must tell, so that they are looked into for something."""
    requests = proxy.admin_url + "/api/requests?limit=1000"
    eventually(lambda: all(what in fetch(requests).decode() for what in seen))
    shown = {path: fetch(proxy.admin_url + path).decode() for path in PAGES}
    proxy.drain()
    proxy.exit_status()
    shown["log"] = proxy.log
    assert [what for what in seen if what not in shown["log"]] == []
    shown["answers"] = answers.decode(errors="replace")
    for place, text in shown.items():
        for canary in canaries:
            assert canary not in text, f"{canary} in {place}"


def test_what_is_stored_replayed_and_shared_appears_nowhere(proxy, upstream):
    """A miss, a hit, a stream, a replayed one, a stream from a plain answer, a batch, and callers of one call."""
    gate = threading.Event()
    gate.set()

    def reply(line):
        gate.wait(10)
        line.send(complete(line.request))

    upstream.script(reply)

    def told(body: bytes, path: bytes = b"/v1/chat/completions") -> str:
        response = ask(proxy.port, post(body, path, **HEADERS))
        assert path == EMBEDDINGS or TOLD.encode() in response.body
        assert (COOKIE in response.head) == (outcome(response) == "fwd=uri-miss"), "only for whom it was meant"
        return outcome(response)

    stream = chat(PROMPT + " stream", stream=True)
    assert [told(chat(PROMPT)) for _ in range(2)] == ["fwd=uri-miss", "hit"]
    assert told(chat(PROMPT, user=PROMPT, safety_identifier=PROMPT)) == "hit"
    assert told(chat(PROMPT, stream=True)) == "hit"
    assert [told(stream) for _ in range(2)] == ["fwd=uri-miss", "hit"]
    assert [told(messages(PROMPT), MESSAGES) for _ in range(2)] == ["fwd=uri-miss", "hit"]
    assert [told(embeddings([PROMPT, "b"]), EMBEDDINGS) for _ in range(2)] == ["fwd=uri-miss", "hit"]
    for shared in (chat(PROMPT + " together"), chat(PROMPT + " together in a stream", stream=True)):
        gate.clear()
        with ThreadPoolExecutor(3) as pool:
            answers = [pool.submit(told, shared) for _ in range(3)]
            eventually(lambda: proxy.metric("penstock_requests_in_flight") == 3)
            gate.set()
        assert sorted(answer.result() for answer in answers) == ["collapsed", "collapsed", "fwd=uri-miss"]
    sent = upstream.taken()
    assert len(sent) == 6
    assert all(PROMPT.encode() in request.body and ENGINE.encode() in request.head for request in sent)
    assert_nowhere(proxy, (KEY, PROMPT, ENGINE, TOLD, COOKIE.decode()), seen=('"hit"', '"collapsed"', '"miss"'))


def test_what_fails_appears_nowhere_nor_in_what_clients_are_told(proxy, upstream):
    """Errors, retries, refusals, broken requests and answers, clients that leave, and a backend that is gone."""
    answers = [b""]

    def go(request: bytes):
        for leaves in (False, True):
            with Client(proxy.port) as client:
                client.send(request.replace(b"\r\n", b"\r\nconnection: close\r\n", 1))
                if leaves:
                    client.half_close()
                try:
                    answers.append(client.rest())
                except Exception as broken:  # noqa: BLE001: how it ends does not matter here
                    answers.append(getattr(broken, "partial", b""))

    bodies = [chat(PROMPT), chat(PROMPT, stream=True), chat(PROMPT, user=PROMPT, safety_identifier=PROMPT), b'{"a":"' + PROMPT.encode()]
    replies = [
        OK,
        b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 429 No\r\ncontent-length: 0\r\n\r\n",
        b"nonsense\r\n\r\n",
    ]
    for reply in replies:
        upstream.answer(reply)
        for body in bodies:
            go(post(body, **HEADERS))
        go(post(messages(PROMPT), MESSAGES, **HEADERS))
        go(post(embeddings([PROMPT, "b"]), EMBEDDINGS, **HEADERS))
        go(b"GET /v1/models?key=" + PROMPT.encode() + b" HTTP/1.1\r\nhost: a\r\nauthorization: " + KEY.encode() + b"\r\n\r\n")
        go(b"POST / HTTP/1.1\r\nhost: a\r\nbad header: " + KEY.encode() + b"\r\n\r\n" + PROMPT.encode())
    upstream.stop()
    go(post(chat(PROMPT + "2"), **HEADERS))
    assert_nowhere(proxy, (KEY, PROMPT, ENGINE), b"".join(answers), seen=('"error"', '"disconnect"', "/v1/models", "upstreamFailure"))
