"""What is never cached, and says why."""

import gzip

import pytest
from exchange import (
    CHAT,
    EMBEDDINGS,
    GPT,
    MESSAGES,
    RESPONSES,
    ask,
    chat,
    embeddings,
    encoded,
    messages,
    responses,
    simulate,
)

IMAGE = {"type": "image_url", "image_url": {"url": "http://example.com/a.png"}}
SEARCH = {"type": "web_search_20250305", "name": "web_search"}
FUNCTION = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}


def parts(tag, *more):
    return encoded({"model": GPT, "messages": [{"role": "user", "content": [{"type": "text", "text": tag}, *more]}]})


# name -> (path, body, reason)
REFUSED = {
    "responses": (RESPONSES, lambda tag: responses(tag), "stateful"),
    "responses-store": (RESPONSES, lambda tag: responses(tag, store=True), "stateful"),
    "responses-store-null": (RESPONSES, lambda tag: responses(tag, store=None), "stateful"),
    "conversation": (RESPONSES, lambda tag: responses(tag, store=False, conversation="conv_1"), "stateful"),
    "previous": (RESPONSES, lambda tag: responses(tag, store=False, previous_response_id="resp_1"), "stateful"),
    "background": (RESPONSES, lambda tag: responses(tag, store=False, background=True), "stateful"),
    "chat-store": (CHAT, lambda tag: chat(tag, store=True), "stateful"),
    "web-search": (RESPONSES, lambda tag: responses(tag, store=False, tools=[{"type": "web_search"}]), "hosted_tool"),
    "code": (
        RESPONSES,
        lambda tag: responses(tag, store=False, tools=[{"type": "code_interpreter", "container": {"type": "auto"}}]),
        "hosted_tool",
    ),
    "mcp": (
        RESPONSES,
        lambda tag: responses(tag, store=False, tools=[{"type": "mcp", "server_url": "https://example.com"}]),
        "hosted_tool",
    ),
    "chat-search": (CHAT, lambda tag: chat(tag, web_search_options={"search_context_size": "low"}), "hosted_tool"),
    "messages-search": (MESSAGES, lambda tag: messages(tag, tools=[SEARCH]), "hosted_tool"),
    "messages-mcp": (
        MESSAGES,
        lambda tag: messages(tag, mcp_servers=[{"type": "url", "url": "https://example.com", "name": "a"}]),
        "hosted_tool",
    ),
    "container": (MESSAGES, lambda tag: messages(tag, container="container_1"), "hosted_tool"),
    "image-url": (CHAT, lambda tag: parts(tag, IMAGE), "remote_media"),
    "file-id": (CHAT, lambda tag: parts(tag, {"type": "file", "file": {"file_id": "file-1"}}), "remote_media"),
    "messages-image": (
        MESSAGES,
        lambda tag: messages(
            [{"type": "text", "text": tag}, {"type": "image", "source": {"type": "url", "url": "https://example.com"}}]
        ),
        "remote_media",
    ),
    "responses-image": (
        RESPONSES,
        lambda tag: responses(
            [{"role": "user", "content": [{"type": "input_text", "text": tag},
                                          {"type": "input_image", "image_url": "https://example.com/a.png"}]}],
            store=False,
        ),
        "remote_media",
    ),
    "duplicate-key": (CHAT, lambda tag: chat(tag)[:-1] + b',"model":"gpt-4o"}', "duplicate_key"),
    "deep-duplicate-key": (
        CHAT,
        lambda tag: chat(tag, x={"a": [{"b": 1}]}).replace(b'{"b": 1}', b'{"b": 1, "\\u0062": 1}'),
        "duplicate_key",
    ),
    "lone-surrogate": (CHAT, lambda tag: chat(tag, x="y").replace(b'"y"', b'"\\ud83d"'), "lone_surrogate"),
    "reversed-surrogates": (CHAT, lambda tag: chat(tag, x="y").replace(b'"y"', b'"\\ude00\\ud83d"'), "lone_surrogate"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_never_cached(name, cached, tag, upstream_calls):
    path, make, reason = REFUSED[name]
    body = make(tag)
    for _ in range(2):
        answer = ask(cached.data, body, path)
        assert answer.cache == ["Penstock", "fwd=bypass", f"detail={reason}"]
        assert "age" not in answer.headers
    assert len(upstream_calls()) == 2


# Not readable as JSON, so the journal shows them by their number only.
UNREADABLE = {
    "invalid-utf8": (chat("TAG").replace(b"TAG", b"\xff\xfe"), {"invalid_utf8", "unparsable"}),
    "overlong-utf8": (chat("TAG").replace(b"TAG", b"\xc0\xaf"), {"invalid_utf8", "unparsable"}),
    "broken": (b'{"model":"gpt-4o","messages":[', {"unparsable"}),
    "array": (b"[]", {"not_object", "unparsable"}),
    "empty": (b"", {"unparsable"}),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_passes(name, cached, stack):
    body, reasons = UNREADABLE[name]
    before = stack.counters()["requests"]
    for _ in range(2):
        answer = ask(cached.data, body)
        assert answer.bypass in reasons
        assert "x-penstock-error" not in answer.headers
    after = stack.counters()["requests"]
    assert after - before >= 2


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503, 529])
@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_errors_are_not_kept(status, stream, cached, tag, upstream_calls):
    body = chat(tag, stream=stream)
    failed = ask(cached.data, body, headers=simulate(f"error={status}"))
    assert failed.status == status
    answer = ask(cached.data, body)
    assert answer.status == 200
    assert not answer.is_hit
    assert [call["status"] for call in upstream_calls()] == [status, 200]


UNFINISHED = {
    "cut": ("cut-after-events=3", True),
    "cut-late": ("events=20; cut-after-events=22", True),
    "cut-reset": ("cut-after-events=3; cut-reset", True),
    "cut-close-delimited": ("close-delimited; cut-after-events=4", True),
    "error-in-stream": ("error-in-stream", True),
    "content-filter": ("finish=content_filter", False),
    "content-filter-stream": ("finish=content_filter", True),
    "cut-plain": ("body-bytes=20000; cut-after-bytes=9000", False),
    "cut-plain-close-delimited": ("close-delimited; cut-after-bytes=200", False),
    "cut-chunked": ("chunked; cut-after-bytes=200", False),
}


@pytest.mark.parametrize("name", UNFINISHED)
def test_what_did_not_end_well_is_not_kept(name, cached, tag, upstream_calls):
    wish, stream = UNFINISHED[name]
    body = chat(tag, stream=stream)
    try:
        ask(cached.data, body, headers=simulate(wish))
    except Exception:  # http.client raises what it makes of a broken answer
        pass
    answer = ask(cached.data, body)
    assert not answer.is_hit
    assert answer.status == 200
    assert len(upstream_calls()) == 2


@pytest.mark.parametrize("name", ["messages-refusal", "messages-cut", "responses-incomplete", "responses-failed"])
def test_other_dialects_unfinished_streams_are_not_kept(name, cached, tag, upstream_calls):
    path, body, wish = {
        "messages-refusal": (MESSAGES, messages(tag, stream=True), "refusal"),
        "messages-cut": (MESSAGES, messages(tag, stream=True), "cut-after-events=4"),
        "responses-incomplete": (RESPONSES, responses(tag, stream=True, store=False), "finish=content_filter"),
        "responses-failed": (RESPONSES, responses(tag, stream=True, store=False), "error-in-stream"),
    }[name]
    try:
        ask(cached.data, body, path, headers=simulate(wish))
    except Exception:  # as above
        pass
    assert not ask(cached.data, body, path).is_hit
    assert len(upstream_calls()) == 2


@pytest.mark.parametrize("control", ["no-store", "private", "no-store, max-age=60", "no-cache"])
def test_an_upstream_can_forbid_to_keep(control, cached, tag, upstream_calls):
    wish = simulate(f"cache-control={control}")
    ask(cached.data, chat(tag), headers=wish)
    assert not ask(cached.data, chat(tag), headers=wish).is_hit
    assert len(upstream_calls()) == 2


@pytest.mark.parametrize("control", ["no-store", "private", "no-cache, no-store"])
def test_an_upstream_can_forbid_to_keep_a_stream(control, cached, tag, upstream_calls):
    wish = simulate(f"cache-control={control}")
    ask(cached.data, chat(tag, stream=True), headers=wish)
    assert not ask(cached.data, chat(tag, stream=True), headers=wish).is_hit
    assert len(upstream_calls()) == 2


def test_no_cache_on_a_stream_forbids_nothing(cached, tag, upstream_calls):
    """Every server of event streams says it, to keep proxies from buffering: the one departure from RFC 9111, 5.2.2.4."""
    wish = simulate("cache-control=no-cache")
    ask(cached.data, chat(tag, stream=True), headers=wish)
    assert ask(cached.data, chat(tag, stream=True), headers=wish).is_hit
    assert len(upstream_calls()) == 1


def test_other_paths_are_no_model_calls(cached):
    assert ask(cached.data, b"{}", "/v1/moderations").bypass == "not_model_call"
    assert ask(cached.data, messages("count"), MESSAGES + "/count_tokens").bypass == "uncached_operation"


@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_an_encoded_request_passes_unread(coding, cached, stack, tag):
    body = gzip.compress(chat(tag)) if coding == "gzip" else chat(tag)
    before = stack.counters()["requests"]
    for _ in range(2):
        answer = ask(cached.data, body, headers={"content-encoding": coding})
        assert answer.bypass == "encoded_body"
        assert "x-penstock-error" not in answer.headers
    assert stack.counters()["requests"] >= before + 2


def test_a_function_tool_is_no_hosted_tool(cached, tag):
    ask(cached.data, chat(tag, tools=[FUNCTION]))
    assert ask(cached.data, chat(tag, tools=[FUNCTION])).is_hit


def test_bypasses_are_counted_by_reason(cached, tag):
    def count():
        lines = [line for line in cached.metrics().splitlines() if 'reason="stateful"' in line]
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith("penstock_cache_bypasses"))

    before = count()
    ask(cached.data, embeddings(tag), EMBEDDINGS)
    ask(cached.data, responses(tag), RESPONSES)
    assert count() == before + 1
