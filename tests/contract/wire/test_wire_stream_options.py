"""A 400 to a request that we added to: its body decides whether the request is repeated as the client sent it."""

import threading

import pytest
from proxy import CACHING, MEMORY, documents, policy
from raw import Broken, Client, ask, post
from stack import eventually

ASK = b'{"model":"m","stream":true,"messages":[]}'
CALL = b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % len(ASK) + ASK
STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 14\r\n\r\ndata: [DONE]\n\n"
COMPLAINT = b'{"error":{"message":"Unrecognized request argument supplied: stream_options"}}'
OTHER = b'{"error":{"message":"messages must not be empty"}}'


def refusal(body: bytes, framing: str = "length") -> bytes:
    head = b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\nx-upstream: yes\r\n"
    if framing == "length":
        return head + b"content-length: %d\r\n\r\n" % len(body) + body
    chunks = b"".join(b"%x\r\n" % len(body[i : i + 9]) + body[i : i + 9] + b"\r\n" for i in range(0, len(body), 9))
    return head + b"transfer-encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"


def says(answers: list[bytes], end: bool = False, pieces: bool = False):
    """A script that gives one of `answers` after the other; `pieces`: byte by byte."""

    def script(line):
        answer = answers.pop(0)
        for part in [answer[i : i + 1] for i in range(len(answer))] if pieces else [answer]:
            line.send(part)
        if end:
            line.close()

    return script


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("pieces", [False, True])
def test_a_complaint_about_our_option_is_repeated_once_without_it_and_remembered(start, own_upstream, framing, pieces):
    proxy = start(policy(own_upstream.url))
    own_upstream.script(says([refusal(COMPLAINT, framing), STREAM, STREAM], pieces=pieces))
    with Client(proxy.port) as client:
        assert client.send(CALL).response().body == b"data: [DONE]\n\n"
        assert client.send(CALL).response().status == 200
    first, second, third = (own_upstream.take().body for _ in range(3))
    assert b'"stream_options":{"include_usage":true}' in first
    assert second == third == ASK
    assert own_upstream.taken() == []


def test_a_400_that_only_quotes_our_option_is_not_remembered(start, own_upstream):
    """The same request without it is refused as well: one client's mistake takes usage from nobody else."""
    proxy = start(policy(own_upstream.url))

    def script(line):
        wrong = b'"wrong"' in line.request.body
        line.send(refusal(b'{"error":{"input":%s}}' % line.request.body) if wrong else STREAM)

    own_upstream.script(script)
    mistaken = ASK.replace(b'"m"', b'"wrong"')
    call = CALL.replace(b"length: %d" % len(ASK), b"length: %d" % len(mistaken)).replace(ASK, mistaken)
    assert ask(proxy.port, call).status == 400
    assert ask(proxy.port, CALL).status == 200
    first, again, others = (request.body for request in own_upstream.taken())
    assert b"stream_options" in first and again == mistaken
    assert b"stream_options" in others


@pytest.mark.parametrize("status", [401, 413, 422, 429, 500, 503])
def test_another_failure_of_the_repeat_shows_nothing_of_the_option(start, own_upstream, status):
    proxy = start(policy(own_upstream.url))
    failure = b"HTTP/1.1 %d Failed\r\ncontent-length: 0\r\n\r\n" % status
    own_upstream.script(says([refusal(COMPLAINT), failure, STREAM]))
    assert ask(proxy.port, CALL).status == status
    assert ask(proxy.port, CALL).status == 200
    first, again, later = (request.body for request in own_upstream.taken())
    assert (b"stream_options" in first, again, b"stream_options" in later) == (True, ASK, True)


@pytest.mark.parametrize("repeat", ["overloaded", "broken"])
def test_a_fallbacks_answer_shows_nothing_of_the_option(start, upstream, own_upstream, repeat):
    """And it is asked with it, for it refused nothing."""
    spec = {"selector": {"matchLabels": {"app": "wire"}}, "routing": {"tableRef": {"name": "models"}}}
    backends = [{"name": name, "url": each.url, "dialect": "OpenAI"} for name, each in (("first", own_upstream), ("second", upstream))]
    proxy = start(documents(spec, backends, [{"backends": [{"name": "first"}], "fallback": ["second"]}]))

    def script(line):
        if b"stream_options" in line.request.body:
            line.send(refusal(COMPLAINT))
        elif repeat == "broken":
            line.reset()
        else:
            line.send(b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n")

    own_upstream.script(script)
    upstream.answer(STREAM)
    for _ in range(2):
        assert ask(proxy.port, CALL).status == 200
    assert all(b"stream_options" in request.body for request in upstream.taken())
    asked = [b"stream_options" in request.body for request in own_upstream.taken()]
    assert asked.count(True) == 2 and not asked[-1], "the second call asks the first for it again"


def test_what_one_worker_learned_of_the_option_all_know(start, own_upstream):
    """Each connection goes to one of four workers; without a shared memory several would be refused once."""
    proxy = start(policy(own_upstream.url), workers=4)
    own_upstream.script(lambda line: line.send(refusal(COMPLAINT) if b"stream_options" in line.request.body else STREAM))
    for _ in range(24):
        assert ask(proxy.port, CALL).status == 200
    asked = [request.body for request in own_upstream.taken()]
    assert len(asked) == 25
    assert sum(b"stream_options" in body for body in asked) == 1


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("pieces", [False, True])
@pytest.mark.parametrize("body", [OTHER, b"", b"no json"], ids=["json", "empty", "text"])
def test_any_other_400_reaches_the_client_whole(proxy, upstream, framing, pieces, body):
    upstream.script(says([refusal(body, framing), STREAM], pieces=pieces))
    with Client(proxy.port) as client:
        response = client.send(CALL).response()
        assert (response.status, response.body, response.value(b"x-upstream")) == (400, body, b"yes")
        assert client.send(CALL).response().status == 200
    assert len(upstream.taken()) == 2


def test_a_400_until_close_reaches_the_client_whole(proxy, upstream):
    upstream.script(says([b"HTTP/1.1 400 Bad Request\r\n\r\n" + OTHER], end=True))
    assert ask(proxy.port, CALL).body == OTHER


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 500_000])
def test_a_400_longer_than_what_is_judged_reaches_the_client_whole(proxy, upstream, size):
    body = b'{"error":"' + b"a" * (size - 12) + b'"}'
    upstream.answer(refusal(body))
    assert ask(proxy.port, CALL).body == body


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_400_that_breaks_off_is_no_normal_end(proxy, upstream, framing):
    upstream.script(lambda line: line.send(refusal(OTHER, framing)[:-20]).reset())
    with pytest.raises(Broken) as broken:
        ask(proxy.port, CALL)
    assert b"400 Bad Request" in broken.value.partial


def test_a_client_that_asked_itself_gets_the_complaint(proxy, upstream):
    body = b'{"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":[]}'
    upstream.answer(refusal(COMPLAINT))
    response = ask(proxy.port, b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
    assert (response.status, response.body) == (400, COMPLAINT)
    assert [request.body for request in upstream.taken()] == [body]


@pytest.mark.parametrize("refused", [False, True], ids=["dialect", "refused"])
def test_who_asks_for_usage_joins_no_call_that_may_not_tell_it(start, own_upstream, refused):
    """Of a backend that we do not ask for it, or that has refused to tell."""
    spec = {"selector": {"matchLabels": {"app": "wire"}}, "routing": {"tableRef": {"name": "models"}}, "caching": CACHING}
    backends = [{"name": "model", "url": own_upstream.url, "dialect": "OpenAI" if refused else "Anthropic"}]
    proxy = start(documents(spec, backends, tiers=MEMORY), admin=True)
    proceed = threading.Event()

    def script(line):
        assert proceed.wait(5)
        line.send(refusal(COMPLAINT) if refused and b"stream_options" in line.request.body else STREAM)

    own_upstream.script(script)
    if refused:
        proceed.set()
        assert ask(proxy.port, post(ASK.replace(b'"m"', b'"other"'))).status == 200
        own_upstream.taken()
        proceed.clear()
    wants = ASK.replace(b'"stream":true', b'"stream":true,"stream_options":{"include_usage":true}')
    with Client(proxy.port) as silent, Client(proxy.port) as asking:
        silent.send(post(ASK))
        asking.send(post(wants))
        eventually(lambda: proxy.metric("penstock_requests_in_flight") == 2)
        proceed.set()
        assert silent.response().status == 200
        assert asking.response().status == (400 if refused else 200)
    assert sorted(request.body for request in own_upstream.taken()) == sorted([ASK, wants])
