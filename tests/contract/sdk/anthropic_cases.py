"""Calls of the Anthropic SDK. Each takes the SDK's client and a prompt of its own, and returns what the caller would
see."""

MODEL = "claude-sonnet-5"
WEATHER = {
    "name": "weather",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}},
}


def _messages(simulate=None, **options):
    def call(client, prompt):
        headers = {"x-simulate": simulate} if simulate else {}
        settings = {"max_tokens": 2000, **options}
        answer = client.messages.create(
            model=MODEL, messages=[{"role": "user", "content": prompt}], extra_headers=headers, **settings
        )
        return list(answer) if options.get("stream") else answer

    return call


def _helper(client, prompt):
    with client.messages.stream(
        model=MODEL,
        max_tokens=2000,
        thinking={"type": "enabled", "budget_tokens": 1024},
        messages=[{"role": "user", "content": prompt}],
    ) as stream:
        kinds = [event.type for event in stream]
        return [kinds, stream.get_final_message()]


def _cached_prefix(client, prompt):
    return client.messages.create(
        model=MODEL,
        max_tokens=2000,
        system=[{"type": "text", "text": prompt * 50, "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
        messages=[{"role": "user", "content": prompt}],
    )


def _tool_loop(client, prompt):
    messages = [{"role": "user", "content": prompt}]
    asked = client.messages.create(model=MODEL, max_tokens=2000, messages=messages, tools=[WEATHER])
    use = asked.content[0]
    messages.append(
        {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": use.name, "input": use.input}]}
    )
    messages.append({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "sunny"}]})
    return [asked, client.messages.create(model=MODEL, max_tokens=2000, messages=messages, tools=[WEATHER])]


THINKING = {"thinking": {"type": "enabled", "budget_tokens": 1024}}

CASES = {
    "messages": _messages(),
    "messages-stream": _messages(stream=True),
    "thinking": _messages(**THINKING),
    "thinking-stream": _messages(**THINKING, stream=True),
    "tools": _messages(tools=[WEATHER]),
    "tools-stream": _messages(tools=[WEATHER], stream=True),
    "tool-loop": _tool_loop,
    "max-tokens": _messages(max_tokens=3),
    "max-tokens-stream": _messages(max_tokens=3, stream=True),
    "refusal": _messages("refusal"),
    "refusal-stream": _messages("refusal", stream=True),
    "cache-control": _cached_prefix,
    "cache-counts": _messages("cache-read=10; cache-write-5m=20; cache-write-1h=30"),
    "cache-counts-stream": _messages("cache-read=10; cache-write-5m=20; cache-write-1h=30", stream=True),
    "cumulative-usage": _messages("continuous-usage; cache-read=10", stream=True),
    "service-tier": _messages("service-tier=priority"),
    "unknown": _messages("unknown-fields"),
    "unknown-stream": _messages("unknown-fields", stream=True),
    "pings": _messages("pings; comments", stream=True),
    "crlf": _messages("crlf", stream=True),
    "no-space": _messages("no-space", stream=True),
    "multiline": _messages("multiline", stream=True),
    "split": _messages("split; events=6", stream=True),
    "gzip": _messages("encoding=gzip", stream=True),
    "helper": _helper,
    "count-tokens": lambda client, prompt: client.messages.count_tokens(
        model=MODEL, messages=[{"role": "user", "content": prompt}]
    ),
    "models": lambda client, _: [list(client.models.list()), client.models.retrieve(MODEL)],
}
