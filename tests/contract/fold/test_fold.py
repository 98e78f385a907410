"""Folded and unfolded answers as the official SDKs read them."""

import http.client
import json
import urllib.request

import pytest
from random_answers import Maker

OPERATIONS = ["chat", "completions", "messages"]
SEEDS = range(60)


def seen(value):
    """What a caller can see of an SDK's object: without what only the stream's sum has, and absent the same as null."""
    if hasattr(value, "model_dump"):
        value = value.model_dump(mode="json", warnings=False)
    if isinstance(value, list):
        return [seen(item) for item in value]
    if not isinstance(value, dict):
        return value
    # The sums keep the index of each tool call, and add the parsed forms of texts.
    sums_only = {"parsed", "parsed_arguments", "parsed_output"} | ({"index"} if "function" in value else set())
    return {key: seen(item) for key, item in value.items() if item is not None and key not in sums_only}


def summed(operation, answer):
    """Chunks of completions added up by hand: the SDK has no sum of its own."""
    if operation != "completions":
        return seen(answer)
    chunks = [seen(chunk) for chunk in answer]
    total = {**chunks[0], "choices": []}
    for chunk in chunks:
        total |= {"usage": chunk["usage"]} if "usage" in chunk else {}
        for choice in chunk["choices"]:
            if choice["index"] == len(total["choices"]):
                total["choices"].append({"index": choice["index"], "text": ""})
            into = total["choices"][choice["index"]]
            into["text"] += choice["text"]
            into |= {key: choice[key] for key in ("finish_reason", "logprobs") if key in choice}
    return total


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_unfolded_object_adds_up_to_itself(folding, reader, operation, seed):
    body = json.dumps(Maker(seed).answer(operation), ensure_ascii=seed % 2 == 0, indent=seed % 3 or None).encode()
    wanted = seen(reader.read_object(operation, body))
    stream = folding.unfold(operation, body)
    assert stream is not None
    assert summed(operation, reader.read_stream(operation, stream)) == wanted
    again = folding.fold(operation, stream)
    assert again is not None
    assert seen(reader.read_object(operation, again)) == wanted


@pytest.mark.parametrize("operation", ["chat", "completions"])
def test_usage_is_told_to_those_who_asked(folding, reader, operation):
    body = Maker(1).answer(operation) | {"usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}}
    body = json.dumps(body).encode()
    asked = summed(operation, reader.read_stream(operation, folding.unfold(operation, body, usage=True)))
    silent = summed(operation, reader.read_stream(operation, folding.unfold(operation, body, usage=False)))
    assert asked.pop("usage")["total_tokens"] == 3
    assert silent == asked


def test_every_kind_of_event_of_the_chat_helper_fires(folding, reader):
    body = json.dumps(
        {
            "id": "c",
            "object": "chat.completion",
            "created": 1,
            "model": "m",
            "choices": [
                {
                    "index": 0,
                    "finish_reason": "tool_calls",
                    "logprobs": {"content": [Maker(1).logprob()], "refusal": None},
                    "message": {"role": "assistant", "content": "Hi", "tool_calls": [Maker(1).tool_call(0)]},
                }
            ],
        }
    ).encode()
    assert {
        "content.delta",
        "content.done",
        "logprobs.content.delta",
        "logprobs.content.done",
        "tool_calls.function.arguments.delta",
        "tool_calls.function.arguments.done",
    } <= reader.chat_events(folding.unfold("chat", body))


# ---- Both answers of a model server to the same request.
CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "fold this"}]}
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}
MESSAGES = {"model": "claude-sonnet-5", "max_tokens": 2000, "messages": [{"role": "user", "content": "fold this"}]}
FLAT_TOOL = {"type": "function", "name": "weather", "parameters": {"type": "object", "properties": {}}}
ANTHROPIC_TOOL = {"name": "weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}
RESPONSES = {"model": "gpt-4o", "input": "fold this", "store": False}
CASES = {
    "chat": ("chat", CHAT, ""),
    "chat-tools": ("chat", CHAT | {"tools": [TOOL]}, ""),
    "chat-n": ("chat", CHAT | {"n": 3}, ""),
    "chat-logprobs": ("chat", CHAT | {"logprobs": True, "top_logprobs": 3}, ""),
    "chat-refusal": ("chat", CHAT, "refusal"),
    "chat-reasoning": ("chat", CHAT, "reasoning; reasoning-tokens=9"),
    "chat-obfuscation": ("chat", CHAT, "obfuscation"),
    "chat-running-usage": ("chat", CHAT, "continuous-usage"),
    "chat-crlf": ("chat", CHAT, "crlf; comments; pings"),
    "chat-multiline": ("chat", CHAT, "multiline; no-space"),
    "completions": ("completions", {"model": "gpt-4o", "prompt": "fold this", "n": 2, "logprobs": 2}, ""),
    "messages": ("messages", MESSAGES, ""),
    "messages-thinking": ("messages", MESSAGES | {"thinking": {"type": "enabled", "budget_tokens": 1024}}, ""),
    "messages-tools": ("messages", MESSAGES | {"tools": [ANTHROPIC_TOOL]}, ""),
    "messages-cached": ("messages", MESSAGES, "cache-read=10; cache-write-5m=20; cache-write-1h=30"),
    "messages-running-usage": ("messages", MESSAGES, "continuous-usage; pings; comments"),
    "messages-crlf": ("messages", MESSAGES, "crlf; no-space"),
    "messages-multiline": ("messages", MESSAGES, "multiline"),
    "responses": ("responses", RESPONSES, ""),
    "responses-tools": ("responses", RESPONSES | {"tools": [FLAT_TOOL]}, ""),
    "responses-reasoning": ("responses", RESPONSES | {"reasoning": {"effort": "low"}}, ""),
    "responses-refusal": ("responses", RESPONSES, "refusal"),
}
PATHS = {
    "chat": "/v1/chat/completions",
    "completions": "/v1/completions",
    "messages": "/v1/messages",
    "responses": "/v1/responses",
}


def ask(stack, operation, request, simulate):
    headers = {"content-type": "application/json", "anthropic-version": "2023-06-01", "x-simulate": simulate}
    call = urllib.request.Request(stack.upstream + PATHS[operation], json.dumps(request).encode(), headers)
    with urllib.request.urlopen(call, timeout=30) as answer:
        try:
            return answer.read()
        except http.client.IncompleteRead as cut:
            return cut.partial


def streaming(operation, request):
    asks_usage = {"stream_options": {"include_usage": True}} if operation in ("chat", "completions") else {}
    return request | {"stream": True} | asks_usage


MADE_ANEW = {"id", "call_id", "item_id", "created", "created_at", "completed_at", "signature"}


def alike(value):
    """Leaves out what a server makes up anew for each call, and empty lists: a stream does not say that there are no
    annotations."""
    if isinstance(value, dict):
        return {key: alike(item) for key, item in value.items() if item != [] and key not in MADE_ANEW}
    return [alike(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("case", CASES)
def test_a_folded_stream_equals_the_servers_own_object(stack, folding, reader, case):
    operation, request, simulate = CASES[case]
    stream = ask(stack, operation, streaming(operation, request), simulate)
    folded = folding.fold(operation, stream)
    assert folded is not None, stream.decode()
    plain = ask(stack, operation, request, simulate)
    got = alike(seen(reader.read_object(operation, folded)))
    assert got == alike(seen(reader.read_object(operation, plain)))
    # And as the SDK's own sum, which begins a refusal with an empty text.
    total = alike(summed(operation, reader.read_stream(operation, stream)))
    if operation == "completions":
        for choice, own in zip(total["choices"], got["choices"]):
            choice["logprobs"] = own["logprobs"]  # the sum above does not add these up
    for choice, own in zip(total.get("choices", []), got.get("choices", [])):
        if "refusal" in own.get("message", {}):
            assert choice["message"].pop("content") == ""
    assert got == total


@pytest.mark.parametrize("case", CASES)
def test_the_servers_own_object_unfolds(stack, folding, reader, case):
    operation, request, simulate = CASES[case]
    plain = ask(stack, operation, request, simulate)
    stream = folding.unfold(operation, plain)
    assert stream is not None, plain.decode()
    wanted = seen(reader.read_object(operation, plain))
    assert summed(operation, reader.read_stream(operation, stream)) == wanted


@pytest.mark.parametrize("simulate", ["unknown-fields", "error-in-stream", "cut-after-events=3"])
@pytest.mark.parametrize("operation, question", [("chat", CHAT), ("messages", MESSAGES)])
def test_what_is_not_known_or_not_whole_is_a_miss(stack, folding, operation, question, simulate):
    stream = ask(stack, operation, streaming(operation, question), simulate)
    assert stream
    assert folding.fold(operation, stream) is None
