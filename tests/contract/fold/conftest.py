"""The program that folds, and the official SDKs reading whatever a test hands them."""

import http.server
import subprocess
import threading

import anthropic
import openai
import pytest
from stack import BUILD

FOLD_CLI = BUILD / "tests" / "fold_cli"
MISS = 3


class Fold:
    """sidecar/dialect/fold.h for tests: None where it gives up."""

    def fold(self, operation: str, stream: bytes) -> bytes | None:
        return self._run("fold", operation, stream)

    def unfold(self, operation: str, body: bytes, usage: bool = True) -> bytes | None:
        return self._run("unfold-with-usage" if usage else "unfold", operation, body)

    @staticmethod
    def _run(mode: str, operation: str, text: bytes) -> bytes | None:
        done = subprocess.run([FOLD_CLI, mode, operation], input=text, capture_output=True, timeout=60, check=False)
        assert done.returncode in (0, MISS), (done.returncode, done.stderr)
        return done.stdout if done.returncode == 0 else None


class Reader:
    """Hands a body to the SDKs as if a model server had sent it, and returns what they make of it."""

    def __init__(self, server):
        self._server = server
        url = f"http://127.0.0.1:{server.server_port}"
        self._openai = openai.OpenAI(base_url=url + "/v1", api_key="sk-test", max_retries=0)
        self._anthropic = anthropic.Anthropic(base_url=url, api_key="sk-test", max_retries=0)

    def read_object(self, operation: str, body: bytes):
        self._server.answer = ("application/json", body)
        if operation == "chat":
            return self._openai.chat.completions.create(model="m", messages=[])
        if operation == "completions":
            return self._openai.completions.create(model="m", prompt="")
        if operation == "responses":
            return self._openai.responses.create(model="m", input="")
        return self._anthropic.messages.create(model="m", max_tokens=1, messages=[])

    def chat_events(self, body: bytes) -> set:
        """The kinds of events that the helper for chat streams makes of a stream."""
        self._server.answer = ("text/event-stream", body)
        with self._openai.chat.completions.stream(model="m", messages=[]) as stream:
            return {event.type for event in stream}

    def read_stream(self, operation: str, body: bytes):
        """The SDK's own sum of the stream; of completions, which have none, the list of chunks."""
        self._server.answer = ("text/event-stream", body)
        if operation == "chat":
            with self._openai.chat.completions.stream(model="m", messages=[]) as stream:
                return stream.get_final_completion()
        if operation == "completions":
            return list(self._openai.completions.create(model="m", prompt="", stream=True))
        if operation == "responses":
            with self._openai.responses.stream(model="m", input="") as stream:
                return stream.get_final_response()
        with self._anthropic.messages.stream(model="m", max_tokens=1, messages=[]) as stream:
            return stream.get_final_message()


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):  # noqa: N802, the base class asks for this name
        self.rfile.read(int(self.headers.get("content-length", 0)))
        content_type, body = self.server.answer
        self.send_response(200)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def folding():
    if not FOLD_CLI.exists():
        pytest.skip(f"{FOLD_CLI} is not built (make build)")
    return Fold()


@pytest.fixture(scope="session")
def reader():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Reader(server)
    server.shutdown()
    server.server_close()
    thread.join()
