"""replay.pacing: Recorded. A stored stream is sent as it once came."""

import socket
import time
import urllib.parse

import pytest
from exchange import CHAT, MESSAGES, Reader, ask, chat, messages, simulate
from stack import CACHING, eventually

PACED = CACHING + "    replay: { pacing: Recorded }\n"
INTERVAL_MS = 25
EVENTS = 12


@pytest.fixture(scope="module")
def paced(needs_sidecar, stack):
    return stack.sidecar(caching=PACED, name="paced")


def timed(data, body, path):
    """The answer, and how long after its head it ended."""
    with Reader(data, body, path) as reader:
        reader.head()
        begin = time.monotonic()
        return reader.rest(), time.monotonic() - begin


SLOW = simulate(f"events={EVENTS}; event-interval-ms={INTERVAL_MS}")


@pytest.mark.parametrize("dialect", ["chat", "messages"])
def test_takes_the_time_it_took(dialect, paced, tag, upstream_calls):
    path, make = (MESSAGES, messages) if dialect == "messages" else (CHAT, chat)
    body = make(tag, stream=True)
    first = ask(paced.data, body, path, SLOW)
    hit, seconds = timed(paced.data, body, path)
    assert hit.is_hit
    assert hit.body == first.body
    assert hit.headers["transfer-encoding"] == "chunked"
    # The model server waits between any two events; the first leave with the head, and a timer may be early by one.
    assert seconds >= (EVENTS - 2) * INTERVAL_MS / 1000
    assert len(upstream_calls()) == 1


def test_events_arrive_one_by_one(paced, tag):
    ask(paced.data, chat(tag, stream=True), headers=SLOW)
    with Reader(paced.data, chat(tag, stream=True)) as reader:
        reader.events(1)
        assert reader.body.count(b"\n\n") < EVENTS
        assert reader.rest().body.endswith(b"data: [DONE]\n\n")


def test_usage_is_told_to_those_who_asked_only(paced, tag):
    asking = chat(tag, stream=True, stream_options={"include_usage": True})
    told = ask(paced.data, asking, headers=SLOW)
    assert b'"usage":{' in told.body
    silent = ask(paced.data, chat(tag, stream=True))
    assert silent.is_hit
    assert b'"usage"' not in silent.body
    assert ask(paced.data, asking).body == told.body


def test_an_old_client_reads_until_the_end(paced, tag):
    first = ask(paced.data, chat(tag, stream=True), headers=SLOW)
    parts = urllib.parse.urlsplit(paced.data)
    body = chat(tag, stream=True)
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as client:
        client.sendall(
            b"POST /v1/chat/completions HTTP/1.0\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % len(body) + body
        )
        answer = b""
        while piece := client.recv(65536):
            answer += piece
    head, _, payload = answer.partition(b"\r\n\r\n")
    assert b"transfer-encoding" not in head.lower()
    assert payload == first.body


def test_a_client_that_leaves_ends_it(paced, tag):
    long = simulate("events=40; event-interval-ms=50")
    ask(paced.data, chat(tag, stream=True), headers=long)
    with Reader(paced.data, chat(tag, stream=True)) as reader:
        reader.events(3)
        assert paced.metric("penstock_requests_in_flight") == 1
    eventually(lambda: paced.metric("penstock_requests_in_flight") == 0, seconds=1)


def test_plain_answers_and_unfolded_ones_are_not_paced(paced, tag):
    ask(paced.data, chat(tag), headers=simulate("first-token-ms=200"))
    for stream in (False, True):
        begin = time.monotonic()
        answer = ask(paced.data, chat(tag, stream=stream))
        assert answer.is_hit
        assert time.monotonic() - begin < 0.2
