"""Calls of the OpenAI SDK. Each takes the SDK's client and a prompt of its own, and returns what the caller would see."""

import io

import pydantic

MODEL = "gpt-4o"
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
            "required": ["city", "days"],
        },
    },
}
CLOCK = {"type": "function", "function": {"name": "clock", "parameters": {"type": "object", "properties": {}}}}
FLAT_WEATHER = {"type": "function", "name": "weather", "parameters": WEATHER["function"]["parameters"], "strict": False}


class Place(pydantic.BaseModel):
    city: str
    inhabitants: int


def _messages(prompt):
    return [{"role": "system", "content": "Be brief."}, {"role": "user", "content": prompt}]


def _chat(simulate=None, **options):
    def call(client, prompt):
        headers = {"x-simulate": simulate} if simulate else {}
        answer = client.chat.completions.create(
            model=MODEL, messages=_messages(prompt), extra_headers=headers, **options
        )
        return list(answer) if options.get("stream") else answer

    return call


def _responses(simulate=None, **options):
    def call(client, prompt):
        headers = {"x-simulate": simulate} if simulate else {}
        answer = client.responses.create(
            model=MODEL, input=prompt, store=False, extra_headers=headers, **options
        )
        return list(answer) if options.get("stream") else answer

    return call


def _parsed(client, prompt):
    answer = client.chat.completions.parse(model=MODEL, messages=_messages(prompt), response_format=Place)
    return [answer.choices[0].message.parsed, answer]


def _stream_helper(client, prompt):
    with client.chat.completions.stream(model=MODEL, messages=_messages(prompt), tools=[WEATHER]) as stream:
        kinds = [event.type for event in stream]
        return [kinds, stream.get_final_completion()]


def _responses_helper(client, prompt):
    with client.responses.stream(model=MODEL, input=prompt, store=False) as stream:
        kinds = [event.type for event in stream]
        return [kinds, stream.get_final_response()]


def _completions(**options):
    def call(client, prompt):
        answer = client.completions.create(model=MODEL, prompt=prompt, **options)
        return list(answer) if options.get("stream") else answer

    return call


def _embeddings(inputs=None, **options):
    def call(client, prompt):
        texts = [f"{prompt} {text}" for text in inputs] if inputs else prompt
        return client.embeddings.create(model="text-embedding-3-small", input=texts, **options)

    return call


def _tool_loop(client, prompt):
    messages = _messages(prompt)
    asked = client.chat.completions.create(model=MODEL, messages=messages, tools=[WEATHER])
    call = asked.choices[0].message.tool_calls[0]
    # The id differs each time, and the second request carries it: a fixed one keeps the answers comparable.
    messages.append(
        {
            "role": "assistant",
            "tool_calls": [{"id": "call_1", "type": "function", "function": call.function.model_dump()}],
        }
    )
    messages.append({"role": "tool", "tool_call_id": "call_1", "content": "sunny"})
    return [asked, client.chat.completions.create(model=MODEL, messages=messages, tools=[WEATHER])]


def _raw_headers(client, prompt):
    raw = client.chat.completions.with_raw_response.create(model=MODEL, messages=_messages(prompt))
    return [raw.http_response.status_code, raw.headers["content-type"], raw.parse()]


CASES = {
    "chat": _chat(),
    "chat-stream": _chat(stream=True),
    "chat-usage": _chat(stream=True, stream_options={"include_usage": True}),
    "chat-continuous-usage": _chat("continuous-usage", stream=True, stream_options={"include_usage": True}),
    "chat-continuous-usage-unasked": _chat("continuous-usage", stream=True),
    "chat-no-usage": _chat("no-usage", stream=True, stream_options={"include_usage": True}),
    "chat-tools": _chat(tools=[WEATHER, CLOCK]),
    "chat-tools-stream": _chat(tools=[WEATHER, CLOCK], stream=True),
    "chat-one-tool": _chat(tools=[WEATHER, CLOCK], parallel_tool_calls=False),
    "chat-tool-loop": _tool_loop,
    "chat-n": _chat(n=3),
    "chat-n-stream": _chat(n=3, stream=True),
    "chat-logprobs": _chat(logprobs=True, top_logprobs=3),
    "chat-logprobs-stream": _chat(logprobs=True, top_logprobs=3, stream=True),
    "chat-refusal": _chat("refusal"),
    "chat-refusal-stream": _chat("refusal", stream=True),
    "chat-length": _chat(max_completion_tokens=3),
    "chat-length-stream": _chat(max_completion_tokens=3, stream=True),
    "chat-content-filter": _chat("finish=content_filter", stream=True),
    "chat-reasoning": _chat("reasoning; reasoning-tokens=9"),
    "chat-reasoning-stream": _chat("reasoning; reasoning-tokens=9", stream=True),
    "chat-cached-tokens": _chat("cached-tokens=2"),
    "chat-unknown": _chat("unknown-fields"),
    "chat-unknown-stream": _chat("unknown-fields; obfuscation", stream=True),
    "chat-parsed": _parsed,
    "chat-stream-helper": _stream_helper,
    "chat-headers": _raw_headers,
    "stream-comments": _chat("comments; pings", stream=True),
    "stream-crlf": _chat("crlf", stream=True),
    "stream-no-space": _chat("no-space", stream=True),
    "stream-multiline": _chat("multiline", stream=True),
    "stream-split": _chat("split; events=6", stream=True),
    "stream-small-chunks": _chat("chunk-bytes=7", stream=True),
    "stream-gzip": _chat("encoding=gzip", stream=True),
    "stream-close-delimited": _chat("close-delimited", stream=True),
    "stream-trailers": _chat("trailers", stream=True),
    "plain-gzip": _chat("encoding=gzip"),
    "plain-chunked": _chat("chunked; chunk-bytes=5"),
    "plain-http10": _chat("http10"),
    "plain-early-hints": _chat("early-hints"),
    "plain-large": _chat("body-bytes=300000"),
    "completions": _completions(),
    "completions-stream": _completions(stream=True),
    "completions-many": _completions(n=2, logprobs=2, echo=True),
    "responses": _responses(),
    "responses-stream": _responses(stream=True),
    "responses-tools": _responses(tools=[FLAT_WEATHER]),
    "responses-tools-stream": _responses(tools=[FLAT_WEATHER], stream=True),
    "responses-reasoning": _responses(reasoning={"effort": "low"}),
    "responses-reasoning-stream": _responses(reasoning={"effort": "low"}, stream=True),
    "responses-incomplete-stream": _responses("finish=length", stream=True),
    "responses-failed-stream": _responses("error-in-stream", stream=True),
    "responses-unknown-stream": _responses("unknown-fields", stream=True),
    "responses-stream-helper": _responses_helper,
    "embeddings": _embeddings(),
    "embeddings-float": _embeddings(encoding_format="float"),
    "embeddings-batch": _embeddings(["a", "b", "a"]),
    "embeddings-batch-float": _embeddings(["a", "c", "b"], encoding_format="float"),
    "embeddings-dimensions": _embeddings(["a", "b"], dimensions=8),
    "moderations": lambda client, prompt: client.moderations.create(input=prompt),
    "models": lambda client, _: [list(client.models.list()), client.models.retrieve(MODEL)],
    "file-upload": lambda client, prompt: client.files.create(
        file=("notes.txt", io.BytesIO(prompt.encode() * 5000)), purpose="assistants", extra_body={}
    ).bytes
    > 5000,
    "file-download": lambda client, _: client.files.content(
        "f", extra_headers={"x-simulate": "body-bytes=200000"}
    ).content,
}

# Embeddings of several inputs.
BATCHES = {"embeddings-batch", "embeddings-batch-float", "embeddings-dimensions"}
