"""A second identical call is answered from memory: the same bytes, and nothing reaches the model server."""

import json

import pytest
from exchange import (
    CHAT,
    COMPLETIONS,
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
    stream_ids,
)

CALLS = {
    "chat": (CHAT, lambda tag: chat(tag)),
    "chat-stream": (CHAT, lambda tag: chat(tag, stream=True)),
    "chat-stream-usage": (CHAT, lambda tag: chat(tag, stream=True, stream_options={"include_usage": True})),
    "chat-many": (CHAT, lambda tag: chat(tag, n=2, temperature=1.3, logprobs=True)),
    "completions": (COMPLETIONS, lambda tag: encoded({"model": GPT, "prompt": tag})),
    "completions-stream": (COMPLETIONS, lambda tag: encoded({"model": GPT, "prompt": tag, "stream": True})),
    "responses": (RESPONSES, lambda tag: responses(tag, store=False)),
    "responses-stream": (RESPONSES, lambda tag: responses(tag, store=False, stream=True)),
    "messages": (MESSAGES, lambda tag: messages(tag)),
    "messages-stream": (MESSAGES, lambda tag: messages(tag, stream=True)),
    "embeddings": (EMBEDDINGS, lambda tag: embeddings(tag)),
}


@pytest.mark.parametrize("name", CALLS)
def test_the_same_bytes_and_no_call(name, cached, tag, upstream_calls):
    path, body = CALLS[name][0], CALLS[name][1](tag)
    first = ask(cached.data, body, path)
    assert first.status == 200
    assert "fwd=uri-miss" in first.cache
    assert "age" not in first.headers
    second = ask(cached.data, body, path)
    assert second.body == first.body
    assert second.status == 200
    assert second.headers["content-type"] == first.headers["content-type"]
    assert second.cache[:2] == ["Penstock", "hit"]
    assert 0 <= int(second.headers["age"]) < 60
    assert len(upstream_calls()) == 1


SPELLINGS = {
    "key-order": lambda tag: b'{"messages":[{"content":"%s","role":"user"}],"n":1,"seed":12,"model":"gpt-4o"}',
    "whitespace": lambda tag: b'{\n\t"model": "gpt-4o",\r\n "seed": 12, "n": 1, "messages": [ {"role": "user", "content": "%s"} ] }\n',
    "escapes": lambda tag: b'{"model":"\\u0067pt\\u002d4o","seed":12,"n":1,"messages":[{"role":"user","content":"%s"}]}',
    "numbers": lambda tag: b'{"model":"gpt-4o","seed":1.2e1,"n":1.0,"messages":[{"role":"user","content":"%s"}]}',
    "user": lambda tag: b'{"model":"gpt-4o","seed":12,"n":1,"user":"someone","safety_identifier":"a","messages":[{"role":"user","content":"%s"}]}',
}
PLAIN = b'{"model":"gpt-4o","seed":12,"n":1,"messages":[{"role":"user","content":"%s"}]}'


@pytest.mark.parametrize("name", SPELLINGS)
def test_another_spelling_of_the_same_request_hits(name, cached, tag, upstream_calls):
    first = ask(cached.data, PLAIN % tag.encode())
    other = SPELLINGS[name](tag) % tag.encode()
    for _ in range(2):  # by its canonical form, then by its bytes
        second = ask(cached.data, other)
        assert second.is_hit
        assert second.body == first.body
    assert len(upstream_calls()) == 1


LABELS = {
    "metadata": {"case": "2"},
    "user": "someone",
    "safety_identifier": "someone",
    "prompt_cache_key": "a",
    "prompt_cache_retention": "24h",
}


@pytest.mark.parametrize("name", LABELS)
def test_nobody_reads_the_labels_of_anothers_response(name, cached, tag, upstream_calls):
    ask(cached.data, responses(tag, store=False), RESPONSES)
    labelled = responses(tag, store=False, **{name: LABELS[name]})
    assert ask(cached.data, labelled, RESPONSES).json[name] == LABELS[name]
    assert ask(cached.data, labelled, RESPONSES).json[name] == LABELS[name]
    assert ask(cached.data, responses(tag, store=False), RESPONSES).json.get(name) != LABELS[name]
    assert len(upstream_calls()) == 2, "each has its own entry"


DIFFERENT = {
    "model": chat("{}").replace(b"gpt-4o", b"gpt-4o-mini"),
    "option": chat("{}", temperature=0.5),
    "unknown-option": chat("{}", x_new=1),
    "big-integer": chat("{}", seed=9007199254740993),
    "next-big-integer": chat("{}", seed=9007199254740992),
    "role": chat("{}").replace(b'"user"', b'"developer"'),
    "trailing-space": chat("{} "),
}


def test_whatever_can_change_the_answer_makes_another_entry(cached, tag, upstream_calls):
    bodies = [body.replace(b"{}", tag.encode()) for body in [chat("{}"), *DIFFERENT.values()]]
    answers = [ask(cached.data, body) for body in bodies]
    assert not any(answer.is_hit for answer in answers)
    assert len({answer.id for answer in answers}) == len(bodies) == len(upstream_calls())
    again = [ask(cached.data, body) for body in bodies]
    assert [answer.id for answer in again] == [answer.id for answer in answers]
    assert all(answer.is_hit for answer in again)


def test_paths_and_queries_do_not_share(cached, tag):
    plain = ask(cached.data, chat(tag))
    assert ask(cached.data, chat(tag), CHAT + "?beta=1").id != plain.id
    assert ask(cached.data, chat(tag), "/tenant-a" + CHAT).status in (200, 404)
    assert ask(cached.data, chat(tag)).id == plain.id


def test_stored_headers_are_an_allow_list(cached, tag):
    wish = simulate("header=set-cookie:session=secret")
    first = ask(cached.data, chat(tag), headers=wish)
    kept = {"content-type", "content-length", "cache-status", "age", "server-timing", "x-penstock-policy"}
    own = {name for name in first.headers if name.startswith(("x-ratelimit", "x-request-id", "openai-"))}
    assert own, "the model server sends headers of one exchange"
    assert first.headers["set-cookie"] == "session=secret"
    hit = ask(cached.data, chat(tag), headers=wish)
    assert hit.is_hit
    assert set(hit.headers) - kept <= {"openai-model", "openai-version", "content-language"}


# The model server is asked for answers without a coding, and encodes nevertheless.
@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_an_encoded_answer_is_passed_on_and_not_kept(coding, cached, tag, upstream_calls):
    first = ask(cached.data, chat(tag), headers=simulate(f"encoding={coding}", accept_encoding="gzip, deflate"))
    assert first.headers["content-encoding"] == coding
    second = ask(cached.data, chat(tag))
    assert not second.is_hit
    assert "content-encoding" not in second.headers
    assert second.id
    assert len(upstream_calls()) == 2


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_an_encoded_stream_is_decoded_where_usage_is_taken_out(coding, cached, tag):
    answer = ask(cached.data, chat(tag, stream=True), headers=simulate(f"encoding={coding}"))
    assert "content-encoding" not in answer.headers
    assert b'"usage"' not in answer.body
    assert answer.body.endswith(b"data: [DONE]\n\n")
    assert len(stream_ids(answer.body)) == 1


def test_asks_for_answers_without_coding(cached, tag, upstream_calls):
    ask(cached.data, chat(tag), headers={"accept-encoding": "br, gzip"})
    (call,) = upstream_calls()
    assert [value for name, value in call["headers"] if name.lower() == "accept-encoding"] == ["identity"]


def test_usage_belongs_to_who_asked(cached, tag, upstream_calls):
    """One entry serves callers that want usage and callers that do not."""
    silent = chat(tag, stream=True)
    asking = chat(tag, stream=True, stream_options={"include_usage": True})
    first = ask(cached.data, silent)
    assert b'"usage"' not in first.body
    second = ask(cached.data, asking)
    assert second.is_hit
    assert b'"prompt_tokens"' in second.body
    assert ask(cached.data, silent).body == first.body
    assert len(upstream_calls()) == 1


def texts(value):
    """What the answer says, wherever it says it: every text of an object, every piece of a stream."""
    if isinstance(value, list):
        return "".join(texts(item) for item in value)
    if not isinstance(value, dict):
        return ""
    own = [value[key] for key in ("content", "text") if isinstance(value.get(key), str)]
    if isinstance(value.get("delta"), str):
        own.append(value["delta"])
    inner = (value[key] for key in ("choices", "message", "delta", "content", "output") if key in value)
    return "".join(own) + "".join(texts(item) for item in inner)


def said(answer) -> str:
    if answer.headers["content-type"].startswith("application/json"):
        return texts(answer.json)
    pieces = [line.removeprefix("data: ") for line in answer.body.decode().split("\n") if line.startswith("data: {")]
    events = [json.loads(piece) for piece in pieces]
    kinds = (None, "content_block_delta", "response.output_text.delta")
    return "".join(texts(event) for event in events if event.get("type") in kinds)


@pytest.mark.parametrize("first", ["object", "stream"])
@pytest.mark.parametrize("name", ["chat", "completions", "messages", "responses"])
def test_one_entry_serves_callers_of_both_forms(name, first, cached, tag, upstream_calls):
    path, make = CALLS[name]
    asks = {"object": json.loads(make(tag)), "stream": json.loads(make(tag)) | {"stream": True}}
    other = "stream" if first == "object" else "object"
    made = ask(cached.data, json.dumps(asks[first]).encode(), path)
    told = ask(cached.data, json.dumps(asks[other]).encode(), path)
    assert len(upstream_calls()) == 1
    assert told.is_hit
    kinds = {"object": "application/json", "stream": "text/event-stream"}
    assert told.headers["content-type"].split(";")[0] == kinds[other]
    assert said(told) == said(made) != ""
