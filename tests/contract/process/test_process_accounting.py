"""Whose answer a stored one is, and what is known of a request whose client has left."""

import json

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


def test_what_a_call_used_is_accounted_though_its_client_left(upstream, start):
    lines = []
    upstream.script(lambda line: (line.send(STREAM_HEAD + chunk({"choices": [{"delta": {"content": "a"}}]})), lines.append(line)))
    proxy = start(policy(upstream.url, listener={"onDisconnect": {"action": "Drain"}}), admin=True)
    client = Client(proxy.port).send(post(chat("hello", stream=True)))
    client.head()
    client.reset()
    finish = {"choices": [{"delta": {}, "finish_reason": "stop"}]}
    eventually(lambda: lines)[0].send(chunk(finish) + chunk({"choices": [], "usage": USAGE}) + chunk(None) + b"0\r\n\r\n")
    record = eventually(lambda: json.loads(fetch(f"{proxy.admin_url}/api/requests"))["requests"])[0]
    assert record["disconnect"] == "downstream"
    assert (record["usage"]["input"], record["usage"]["output"]) == (7, 11)
    assert not record["usage"].get("estimated")


def test_organizations_have_their_own_answers(upstream, start):
    upstream.answer(OK)
    spec = {"selector": {"matchLabels": {"app": "wire"}}, "routing": {"tableRef": {"name": "models"}}, "caching": CACHING}
    proxy = start(documents(spec, [{"name": "model", "url": upstream.url, "dialect": "OpenAI"}], tiers=MEMORY))
    for organization, asked in ((b"org-a", 1), (b"org-a", 0), (b"org-b", 1), (b"org-a", 0), (b"org-b", 0)):
        assert ask(proxy.port, post(chat("hello"), openai_organization=organization)).body == ANSWER
        assert len(upstream.taken()) == asked, organization


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
