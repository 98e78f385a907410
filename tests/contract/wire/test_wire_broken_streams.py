"""Streams that break off: the client gets an error that it can read, whatever half of an event it has already."""

import contextlib
import json
import socket
import threading

import anthropic
import openai
import pytest
from proxy import CACHING, MEMORY, Proxy, documents, policy
from raw import Broken, Client, ask
from stack import eventually

GONE = "The model server failed to answer."
_OPENAI = f'"error":{{"message":"{GONE}","type":"server_error","param":null,"code":"upstream_failed"}}}}'
_ANTHROPIC = f'"type":"error","error":{{"type":"api_error","message":"{GONE}"}}}}'

CHAT_EVENTS = [
    'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"t\\"wo é水🚀"}}]}\n\n',
    'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"\\ud83d\\ude80"},'
    '"logprobs":{"content":[{"token":"a","logprob":-1.5e-3,"bytes":[97]}]},"finish_reason":null}],"usage":null,"x":[true,{}]}\n\n',
]
DONE = "data: [DONE]\n\n"
RESPONSES_EVENTS = [
    "event: response.output_text.delta\n"
    f'data: {{"type":"response.output_text.delta","item_id":"i","output_index":0,"content_index":0,"sequence_number":{number},'
    '"delta":"é水","logprobs":[]}\n\n'
    for number in range(3)
]
MESSAGES_EVENTS = [
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"é水"}}\n\n',
    'event: ping\ndata: {"type": "ping"}\n\n',
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"b"}}\n\n',
]
STREAMS = {
    "chat": (b"/v1/chat/completions", CHAT_EVENTS, b'"stream_options":{"include_usage":true},"messages":[]'),
    "responses": (b"/v1/responses", RESPONSES_EVENTS, b'"input":"hi","store":false'),
    "messages": (b"/v1/messages", MESSAGES_EVENTS, b'"max_tokens":9,"messages":[]'),
}
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def error(dialect: str, number: int = 0) -> bytes:
    """The error event by itself."""
    if dialect == "chat":
        return ("data: {" + _OPENAI + "\n\n").encode()
    if dialect == "messages":
        return ("event: error\ndata: {" + _ANTHROPIC + "\n\n").encode()
    return ("event: error\ndata: {" + members("responses", number) + "\n\n").encode()


def members(dialect: str, number: int = 0) -> str:
    """What it says, from behind its brace."""
    if dialect == "chat":
        return _OPENAI
    if dialect == "messages":
        return _ANTHROPIC
    return f'"type":"error","sequence_number":{number},"code":"upstream_failed","message":"{GONE}","param":null,' + _OPENAI


def request(dialect: str, version: bytes = b"1.1", more: bytes = b"") -> bytes:
    path, _, body = STREAMS[dialect]
    body = b'{"model":"m","stream":true,' + body + more + b"}"
    version_line = b"anthropic-version: 2023-06-01\r\n" if dialect == "messages" else b""
    head = b"POST %s HTTP/%s\r\nhost: a\r\n%scontent-length: %d\r\n\r\n"
    return head % (path, version, version_line, len(body)) + body


def break_off(upstream, begun: bytes, head: bytes = HEAD):
    """Every call gets `begun`, in one chunk, and then a reset; behind much of it an end, for a reset takes along what waits."""

    def script(line):
        line.send(head + (b"%x\r\n" % len(begun) + begun + b"\r\n" if begun else b""))
        line.close() if len(begun) > 10_000 else line.reset()

    upstream.script(script)


def sharing_calls(url: str, **caching) -> str:
    """The documents of a policy that caches, so that equal requests share a call."""
    spec = {
        "selector": {"matchLabels": {"app": "wire"}},
        "routing": {"tableRef": {"name": "models"}},
        "caching": {**CACHING, **caching},
    }
    return documents(spec, [{"name": "model", "url": url, "dialect": "OpenAI"}], tiers=MEMORY)


def broken_body(port: int, request: bytes) -> bytes:
    """What came of an answer that must not be whole."""
    with Client(port) as client:
        client.send(request)
        with pytest.raises(Broken) as broken:
            client.response()
    return broken.value.partial.partition(b"\r\n\r\n")[2]


def torn(dialect: str, event: int, behind: str) -> str:
    """The stream up to the first `behind` within an event."""
    events = STREAMS[dialect][1]
    whole = events[event]
    return "".join(events[:event]) + whole[: whole.index(behind) + len(behind)]


# Streams up to the middle of an event that is longer than any buffer on its way.
LONG = {
    "chat": CHAT_EVENTS[0] + 'data: {"choices":[{"index":0,"delta":{"content":"' + "é水" * 200_000,
    "responses": "".join(RESPONSES_EVENTS)
    + 'data: {"type":"response.image_generation_call.partial_image","sequence_number":3,"partial_image_b64":"'
    + "Q" * 1_000_000,
    "messages": MESSAGES_EVENTS[0]
    + 'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"'
    + "水" * 300_000,
}

ENDS = {
    # Between events.
    "chat whole": ("chat", "".join(CHAT_EVENTS), error("chat")),
    "responses whole": ("responses", "".join(RESPONSES_EVENTS), error("responses", 3)),
    "messages whole": ("messages", "".join(MESSAGES_EVENTS), error("messages")),
    "responses nothing": ("responses", "", error("responses", 0)),
    "responses gaps": ("responses", 'data: {"sequence_number":41}\n\n', error("responses", 42)),
    "responses no numbers": ("responses", 'data: {"type":"response.created"}\n\n', error("responses", 0)),
    # Within the JSON of one: it is closed, and says the error.
    "chat text": ("chat", torn("chat", 0, "t\\"), '\\"}}],' + members("chat") + "\n\n"),
    "chat number": ("chat", torn("chat", 1, "-1."), '0}]}}],' + members("chat") + "\n\n"),
    "chat pair": ("chat", torn("chat", 1, "\\ud83d"), '\\udc00"}}],' + members("chat") + "\n\n"),
    "responses text": (
        "responses",
        torn("responses", 2, "é"),
        '",' + members("responses", 2) + "\nevent: error\n\n",
    ),
    "messages text": ("messages", torn("messages", 2, '"text":"b'), '"},' + members("messages") + "\nevent: error\n\n"),
    # Within a line that says nothing yet: the error's lines go on.
    "chat field": ("chat", CHAT_EVENTS[0] + "da", b"\n" + error("chat")),
    "messages name": ("messages", "event: content_blo", b"\n" + error("messages")),
    "messages no data": ("messages", "event: ping\n", error("messages")),
    # After a byte order mark.
    "chat mark": ("chat", "\ufeff" + torn("chat", 0, "t\\"), '\\"}}],' + members("chat") + "\n\n"),
    # However long it is.
    "chat long": ("chat", LONG["chat"], '"}}],' + members("chat") + "\n\n"),
    "responses long": ("responses", LONG["responses"], '",' + members("responses", 3) + "\nevent: error\n\n"),
    "messages long": ("messages", LONG["messages"], '"},' + members("messages") + "\nevent: error\n\n"),
    # At its end: it is handed out as it is.
    "chat unended": ("chat", "".join(CHAT_EVENTS)[:-1], b"\n" + error("chat")),
    "responses unended": ("responses", "".join(RESPONSES_EVENTS)[:-2], b"\n\n" + error("responses", 3)),
    # What is no JSON at all.
    "chat done": ("chat", CHAT_EVENTS[0] + "data: [DO", b"NE]\n\n" + error("chat")),
    "chat nonsense": ("chat", CHAT_EVENTS[0] + "data: [1", b"\n\n" + error("chat")),
    "messages nonsense": ("messages", "event: ping\ndata: nonsense", b"\n" + error("messages")),
}


@pytest.fixture(scope="module")
def sharing(built, _shared_upstream, tmp_path_factory):
    with Proxy(tmp_path_factory.mktemp("sharing"), sharing_calls(_shared_upstream.url)) as running:
        yield running


@pytest.mark.parametrize("shared", [False, True], ids=["alone", "shared"])
@pytest.mark.parametrize("version", [b"1.1", b"1.0"], ids=["chunked", "until close"])
@pytest.mark.parametrize("name", ENDS)
def test_a_stream_that_breaks_off_ends_in_an_error_that_can_be_read(proxy, sharing, upstream, name, version, shared):
    dialect, begun, end = ENDS[name]
    begun, end = begun.encode(), end if isinstance(end, bytes) else end.encode()
    break_off(upstream, begun)
    with Client((sharing if shared else proxy).port) as client:
        client.send(request(dialect, version))
        if version == b"1.0":
            body = client.response().body
        else:
            with pytest.raises(Broken) as broken:
                client.response()
            body = broken.value.partial.partition(b"\r\n\r\n")[2]
    assert body == begun + end


def test_a_follower_gets_the_same_end(sharing, upstream):
    """… as the caller whose call it is."""
    begun = torn("responses", 2, "é").encode()
    both_listen = threading.Event()

    def script(line):
        line.send(HEAD + b"%x\r\n" % len(begun) + begun + b"\r\n")
        assert both_listen.wait(20)
        line.reset()

    upstream.script(script)
    with Client(sharing.port) as first, Client(sharing.port) as second:
        for client in (first, second):
            client.send(request("responses", more=b',"x":"follower"')).await_bytes(begun[-40:])
        both_listen.set()
        for client in (first, second):
            with pytest.raises(Broken) as broken:
                client.response()
            end = '",' + members("responses", 2) + "\nevent: error\n\n"
            assert broken.value.partial.partition(b"\r\n\r\n")[2] == begun + end.encode()
    assert len(upstream.taken()) == 1


def test_what_was_held_back_needs_no_end(proxy, upstream):
    """Usage is taken out of whole events only, so a client that did not ask for it never has half of one."""
    break_off(upstream, torn("chat", 1, "-1.").encode())
    body = b'{"model":"m","stream":true,"messages":[]}'
    with Client(proxy.port) as client:
        client.send(b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        with pytest.raises(Broken) as broken:
            client.response()
    assert broken.value.partial.partition(b"\r\n\r\n")[2] == CHAT_EVENTS[0].encode() + error("chat")


def test_nothing_is_added_to_what_is_encoded(proxy, upstream):
    """In the middle of somebody's gzip no event can be read; that the end is missing tells enough."""
    begun = b"\x1f\x8b\x08\x00 made up"
    head = HEAD.replace(b"\r\n\r\n", b"\r\ncontent-encoding: gzip\r\n\r\n")
    break_off(upstream, begun, head)
    with Client(proxy.port) as client:
        client.send(request("messages"))
        with pytest.raises(Broken) as broken:
            client.response()
    assert broken.value.partial.partition(b"\r\n\r\n")[2] == begun


def test_a_connection_that_waits_holds_nothing_of_the_stream_before(start, own_upstream):
    """… whatever was held back of its last event, which never got its end."""
    waiting, bytes_each = 40, 1 << 20
    last = b'data: {"choices":[{"delta":{"content":"' + b"x" * bytes_each
    own_upstream.script(lambda line: line.send(HEAD + b"%x\r\n" % len(last) + last + b"\r\n0\r\n\r\n"))
    body = b'{"model":"m","stream":true,"messages":[]}'
    ask = b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % len(body) + body
    proxy = start(policy(own_upstream.url))
    for _ in range(3 * waiting):  # what allocators keep for later is not what is meant
        with Client(proxy.port) as client:
            assert client.send(ask).response().body == last
    with contextlib.ExitStack() as open_until_then:
        before = proxy.resident_bytes()
        for _ in range(waiting):
            client = open_until_then.enter_context(Client(proxy.port))
            assert client.send(ask).response().body == last
        assert proxy.resident_bytes() - before < waiting * bytes_each / 4


@pytest.fixture(scope="module")
def reads_little(built, _shared_upstream, tmp_path_factory):
    listener = {"limits": {"collectedBody": "1Ki"}}
    with Proxy(tmp_path_factory.mktemp("little"), policy(_shared_upstream.url, listener=listener), admin=True) as running:
        yield running


UNREAD = {
    "too long": request("responses", more=b',"x":"' + b"x" * 2000 + b'"'),
    "encoded": request("responses").replace(b"host: a\r\n", b"host: a\r\ncontent-encoding: zstd\r\n"),
}


@pytest.mark.parametrize("unread", UNREAD)
@pytest.mark.parametrize("name", ["responses whole", "responses text", "responses gaps", "responses unended"])
def test_the_number_goes_on_where_the_request_was_not_read(reads_little, upstream, unread, name):
    _, begun, end = ENDS[name]
    break_off(upstream, begun.encode())
    assert broken_body(reads_little.port, UNREAD[unread]) == begun.encode() + (end if isinstance(end, bytes) else end.encode())


def test_of_a_request_that_was_not_read_only_what_the_answer_says_was_used(reads_little, upstream):
    """No usage is made up for it."""
    tokens = r'penstock_tokens_total\{type="output"\}'
    estimated = "penstock_usage_estimated_total"
    before = reads_little.metric(tokens), reads_little.metric(estimated)
    said = 'data: {"type":"response.completed","sequence_number":3,"response":{"usage":{"input_tokens":5,"output_tokens":7}}}\n\n'
    for last in ("", said):
        stream = ("".join(RESPONSES_EVENTS) + last).encode()
        upstream.answer(HEAD + b"%x\r\n" % len(stream) + stream + b"\r\n0\r\n\r\n")
        assert ask(reads_little.port, UNREAD["too long"]).body == stream
    counted = eventually(lambda: reads_little.metric(tokens) - before[0])
    assert (counted, reads_little.metric(estimated) - before[1]) == (7, 0)


# Streams that are not ours to end: whoever reads them would take an event of ours for the upstream's.
OTHERS = {
    "threads": b"POST /v1/threads/t/runs",
    "a stored response": b"GET /v1/responses/r?stream=true",
    "speech": b"POST /v1/audio/speech",
    "embeddings": b"POST /v1/embeddings",
    "unknown": b"POST /generate_stream",
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_stream_of_no_model_breaks_off_as_it_came(proxy, upstream, name):
    for begun in (torn("chat", 0, "t\\").encode(), CHAT_EVENTS[0].encode()):
        break_off(upstream, begun)
        request = OTHERS[name] + b" HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n{}"
        assert broken_body(proxy.port, request) == begun


@pytest.fixture(scope="module")
def switched_off(built, _shared_upstream, tmp_path_factory):
    with Proxy(tmp_path_factory.mktemp("off"), policy(_shared_upstream.url, mode="Off")) as running:
        yield running


@pytest.mark.parametrize("dialect", STREAMS)
def test_under_a_policy_that_is_off_streams_break_off_as_they_came(switched_off, upstream, dialect):
    for begun in (torn(dialect, 1, ":").encode(), STREAMS[dialect][1][0].encode()):
        break_off(upstream, begun)
        assert broken_body(switched_off.port, request(dialect)) == begun


# The official SDKs.


@pytest.fixture(scope="module")
def sdks(_shared_proxy):
    base = f"http://127.0.0.1:{_shared_proxy.port}"
    said = [{"role": "user", "content": "hi"}]
    chat = openai.OpenAI(base_url=f"{base}/v1", api_key="k", max_retries=0)
    messages = anthropic.Anthropic(base_url=base, api_key="k", max_retries=0)
    return {
        "chat": lambda: chat.chat.completions.create(
            model="m", messages=said, stream=True, stream_options={"include_usage": True}
        ),
        "responses": lambda: chat.responses.create(model="m", input="hi", stream=True),
        "messages": lambda: messages.messages.create(model="m", max_tokens=9, messages=said, stream=True),
    }


def raises_the_error(call, dialect: str):
    """The SDK does, as its own class of errors."""
    with pytest.raises((openai.APIError, anthropic.APIStatusError)) as raised:
        list(call())
    body = raised.value.body
    said = body if dialect != "messages" else body["error"]
    assert said["message"] == GONE, body


@pytest.mark.parametrize("dialect", STREAMS)
def test_wherever_a_stream_breaks_off_the_sdk_raises_that_error(proxy, upstream, sdks, dialect):
    stream = "".join(STREAMS[dialect][1]).encode()
    for cut in range(len(stream) + 1):
        break_off(upstream, stream[:cut])
        raises_the_error(sdks[dialect], dialect)


@pytest.mark.parametrize("dialect", LONG)
def test_in_a_long_event_the_sdk_raises_it_too(proxy, upstream, sdks, dialect):
    stream = LONG[dialect].encode()
    for cut in (len(stream), len(stream) - 1, len(stream) - 2, 300_000, (1 << 18) + len(stream) % 7):
        break_off(upstream, stream[:cut])
        raises_the_error(sdks[dialect], dialect)


def test_within_the_last_word_the_sdk_has_all_of_the_answer(proxy, upstream, sdks):
    """Nothing but "[DONE]" is missing, and the SDK fails on any other end of it."""
    begun, done = "".join(CHAT_EVENTS).encode(), DONE.encode()
    for cut in range(done.index(b"[") + 1, len(done) + 1):
        break_off(upstream, begun + done[:cut])
        assert len(list(sdks["chat"]())) == len(CHAT_EVENTS), done[:cut]
    for cut in range(done.index(b"[") + 1):
        break_off(upstream, begun + done[:cut])
        raises_the_error(sdks["chat"], "chat")


# Callers that a flight leaves behind.


def test_a_caller_left_behind_is_told_so_under_the_next_number(start, own_upstream):
    """The others' stream goes on; its own ends with the number that its client waits for."""
    text = "x" * 60_000
    wanted, at_once = 320, 8
    may_send = threading.Semaphore(0)

    def event(number: int) -> bytes:
        return (
            "event: response.output_text.delta\n"
            f'data: {{"type":"response.output_text.delta","sequence_number":{number},"delta":"{text}"}}\n\n'
        ).encode()

    def script(line):
        line.send(HEAD)
        for first in range(0, wanted, at_once):
            assert may_send.acquire(timeout=20)
            data = b"".join(map(event, range(first, first + at_once)))
            line.send(b"%x\r\n" % len(data) + data + b"\r\n")
        line.send(b"0\r\n\r\n")

    own_upstream.script(script)
    proxy = start(sharing_calls(own_upstream.url, maxEntry="1Mi"))
    with Client(proxy.port) as slow, Client(proxy.port) as quick:
        slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 18)
        for client in (slow, quick):
            client.send(request("responses")).await_bytes(b"\r\n\r\n")
        for last in range(at_once - 1, wanted, at_once):
            may_send.release()
            quick.await_bytes(b'"sequence_number":%d,' % last)
        assert len(quick.response().body) == sum(len(event(number)) for number in range(wanted))
        with pytest.raises(Broken) as broken:
            slow.response()
    assert own_upstream.connections == 1
    body = broken.value.partial.partition(b"\r\n\r\n")[2]
    said = [json.loads(line[6:]) for line in body.split(b"\n") if line.startswith(b"data: ")]
    assert [each["sequence_number"] for each in said] == list(range(len(said)))
    assert 1 < len(said) < wanted
    assert (said[-1]["type"], said[-1]["error"]["message"]) == ("error", GONE)


def test_callers_that_are_all_slow_hold_the_upstream_back_and_lose_nothing(start, own_upstream):
    """As each would alone."""
    size = 32_000_000
    sent = threading.Event()

    def script(line):
        line.send(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % size)
        for _ in range(size // 1_000_000):
            line.send(bytes(1_000_000))
        sent.set()

    own_upstream.script(script)
    proxy = start(sharing_calls(own_upstream.url))
    with Client(proxy.port) as one, Client(proxy.port) as other:
        for client in (one, other):
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 18)
            assert client.send(request("chat")).head().status == 200
        assert not sent.wait(0.5)
        for _ in range(size // 1_000_000):
            for client in (one, other):
                client.skip(1_000_000)
        assert sent.wait(5)
    assert own_upstream.connections == 1
