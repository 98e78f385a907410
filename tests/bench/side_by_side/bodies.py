"""Request and response bodies of the benchmark: chat completions of 1.2 and 20 KB, and a 1.5 KB answer."""

import json
import random
from pathlib import Path

SIZES = {"1.2 KB": 1179, "20 KB": 19971}
ANSWER_BYTES = 1536
# In a body this is replaced by the generator with something it has not sent before.
UNIQUE_MARK = "@UNIQUE-000000000000@"

_WORDS = (
    "latency cache token stream model prompt answer request upstream worker shard budget deadline window batch route "
    "header canonical digest flight"
).split()


def text(length: int, seed: int) -> str:
    """Words of exactly `length` characters, the same for the same seed."""
    generator = random.Random(seed)
    words = []
    size = -1
    while size < length:
        word = generator.choice(_WORDS)
        words.append(word)
        size += len(word) + 1
    return " ".join(words)[:length]


def members(size: int, mark: str = "") -> dict:
    """The members of a chat completion request whose JSON is `size` bytes long."""
    request = {
        "model": "bench-model",
        "messages": [
            {"role": "system", "content": "You answer briefly. " + mark},
            {"role": "user", "content": ""},
        ],
        "temperature": 0.7,
        "top_p": 0.95,
        "max_tokens": 512,
        "presence_penalty": 0.1,
        "frequency_penalty": 0.2,
        "seed": 42,
        "stop": ["END", "STOP"],
        "n": 1,
        "logprobs": False,
        "user": "bench",
    }
    missing = size - len(json.dumps(request))
    request["messages"][1]["content"] = text(missing, seed=size)
    return request


def answer() -> str:
    """A chat completion that may be cached: it ended normally and carries its usage. No quote or dollar sign that a
    peer's configuration would read."""
    completion = {
        "id": "chatcmpl-bench",
        "object": "chat.completion",
        "created": 1790000000,
        "model": "bench-model",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": ""}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 240, "completion_tokens": 200, "total_tokens": 440},
    }
    missing = ANSWER_BYTES - len(json.dumps(completion))
    completion["choices"][0]["message"]["content"] = text(missing, seed=7)
    return json.dumps(completion)


def write_bodies(folder: Path) -> dict[tuple[str, str], Path]:
    """(kind, size) -> file. `fixed` is a body; `unique` one with the mark; `shuffled` one member a line."""
    files = {}
    for name, size in SIZES.items():
        fixed = members(size)
        contents = {
            "fixed": json.dumps(fixed),
            "unique": json.dumps(members(size, UNIQUE_MARK)),
            "shuffled": "\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in fixed.items()),
        }
        for kind, content in contents.items():
            files[kind, name] = folder / f"{kind}-{size}.txt"
            files[kind, name].write_text(content)
    return files
