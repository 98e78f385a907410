"""Answers as a model server could have given them, made up from a seed."""

import json
import random

PIECES = ["Hello", " world", "\n\n", 'say "hi"', "\\", "é", "😀", "0.10", "{", "\u2028", "\t", "日本"]


class Maker:
    def __init__(self, seed: int):
        self.random = random.Random(seed)

    def maybe(self, value, likely=0.5):
        return value if self.random.random() < likely else None

    def text(self, pieces_min=0):
        return "".join(self.random.choices(PIECES, k=self.random.randint(pieces_min, 12)))

    def value(self, depth=0):
        kind = self.random.randint(0, 6 if depth < 3 else 4)
        if kind == 5:
            return [self.value(depth + 1) for _ in range(self.random.randint(0, 3))]
        if kind == 6:
            return self.arguments(depth + 1)
        return [None, True, self.random.randint(-5, 10**12), self.random.uniform(-1, 1), self.text()][kind]

    def arguments(self, depth=0):
        return {self.text(1) + str(i): self.value(depth) for i in range(self.random.randint(0, 4))}

    def counts(self, *names):
        return {name: self.random.randint(0, 1000) for name in names}

    def logprob(self):
        token = self.random.choice(PIECES)
        return {
            "token": token,
            "logprob": -self.random.random(),
            "bytes": list(token.encode()),
            "top_logprobs": [{"token": token, "logprob": -0.5, "bytes": None}],
        }

    # ---- OpenAI
    def openai_usage(self):
        return {
            **self.counts("prompt_tokens", "completion_tokens", "total_tokens"),
            "prompt_tokens_details": self.counts("cached_tokens", "audio_tokens"),
            "completion_tokens_details": self.counts("reasoning_tokens", "audio_tokens"),
        }

    def openai_top(self, kind):
        answer = {"id": "c-1", "object": kind, "created": self.random.randint(1, 2**40), "model": "gpt-4o-2024-08-06"}
        if self.maybe(True, 0.8):
            answer["usage"] = self.openai_usage()
        if self.maybe(True):
            answer["system_fingerprint"] = self.maybe("fp_1")
        return answer

    def tool_call(self, index):
        function = {"name": f"tool_{index}", "arguments": self.maybe(json.dumps(self.arguments()), 0.8) or ""}
        return {"id": f"call_{index}", "type": "function", "function": function}

    def chat_message(self):
        message = {"role": "assistant", "content": self.maybe(self.text()), "refusal": self.maybe(self.text(1), 0.2)}
        if self.maybe(True, 0.3):
            message["reasoning_content"] = self.text(1)
        if self.maybe(True, 0.4):
            message["tool_calls"] = [self.tool_call(i) for i in range(self.random.randint(1, 3))]
        if message["refusal"] or "tool_calls" in message:
            message["content"] = message["content"] or None  # folding cannot tell "" from null here
        return message

    def chat_logprobs(self, message):
        tokens = [self.logprob() for _ in range(self.random.randint(1, 4))]
        if message["content"] is not None:
            return {"content": tokens, "refusal": None}
        return {"content": None, "refusal": tokens}

    def chat(self):
        answer = self.openai_top("chat.completion")
        if self.maybe(True):
            answer["service_tier"] = "default"
        answer["choices"] = []
        for index in range(self.random.randint(1, 3)):
            message = self.chat_message()
            logprobs = self.chat_logprobs(message) if self.maybe(True, 0.3) else None
            reason = "tool_calls" if "tool_calls" in message else "stop"
            answer["choices"].append(
                {"index": index, "message": message, "logprobs": logprobs, "finish_reason": reason}
            )
        return answer

    def completions(self):
        answer = self.openai_top("text_completion")
        answer["choices"] = []
        for index in range(self.random.randint(1, 3)):
            tokens = ["a"] * self.random.randint(1, 3)
            logprobs = {
                "tokens": tokens,
                "token_logprobs": [-0.5 for _ in tokens],
                "top_logprobs": [{"a": -0.5} for _ in tokens],
                "text_offset": list(range(len(tokens))),
            }
            answer["choices"].append(
                {"text": self.text(), "index": index, "logprobs": self.maybe(logprobs), "finish_reason": "stop"}
            )
        return answer

    # ---- Anthropic
    def block(self, index):
        kind = self.random.choice(["text", "text", "thinking", "redacted_thinking", "tool_use"])
        if kind == "thinking":
            return {"type": kind, "thinking": self.text(), "signature": self.maybe("c2lnbmF0dXJl", 0.9) or ""}
        if kind == "redacted_thinking":
            return {"type": kind, "data": "ZGF0YQ=="}
        if kind == "tool_use":
            return {"type": kind, "id": f"toolu_{index}", "name": "tool", "input": self.arguments()}
        block = {"type": kind, "text": self.text()}
        if self.maybe(True, 0.3):
            citation = {
                "type": "char_location",
                "cited_text": self.text(),
                "document_index": 0,
                "document_title": None,
                "start_char_index": 1,
                "end_char_index": 2,
            }
            block["citations"] = self.random.choice([None, [citation], [citation, citation]])
        return block

    def messages(self):
        usage = self.counts("input_tokens", "output_tokens")
        if self.maybe(True):
            usage |= self.counts("cache_creation_input_tokens", "cache_read_input_tokens")
            usage["cache_creation"] = self.counts("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")
        if self.maybe(True):
            usage["service_tier"] = "standard"
        stop = self.maybe("\n\nHuman:", 0.3)
        return {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "claude-sonnet-5",
            "content": [self.block(i) for i in range(self.random.randint(0, 4))],
            "stop_reason": "stop_sequence" if stop else "end_turn",
            "stop_sequence": stop,
            "usage": usage,
        }

    def answer(self, operation):
        return getattr(self, operation)()
