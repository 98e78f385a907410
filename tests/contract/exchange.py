"""HTTP exchanges for contract tests, byte by byte where the SDKs would hide them.

    answer = ask(sidecar.data, chat("Hello"))        # a whole exchange
    answer.cache                                     # ["Penstock", "hit", "ttl=600"]

    with Reader(sidecar.data, chat("Hello", stream=True)) as reader:   # an answer while it arrives
        reader.events(3)

The requests carry no credential unless `headers` has one.
"""

import dataclasses
import http.client
import json
import socket
import urllib.parse

CHAT = "/v1/chat/completions"
COMPLETIONS = "/v1/completions"
RESPONSES = "/v1/responses"
EMBEDDINGS = "/v1/embeddings"
MESSAGES = "/v1/messages"

GPT = "gpt-4o"
CLAUDE = "claude-sonnet-5"


def chat(prompt, **options) -> bytes:
    return encoded({"model": GPT, "messages": [{"role": "user", "content": prompt}], **options})


def messages(prompt, **options) -> bytes:
    return encoded(
        {"model": CLAUDE, "max_tokens": 2000, "messages": [{"role": "user", "content": prompt}], **options}
    )


def responses(prompt, **options) -> bytes:
    return encoded({"model": GPT, "input": prompt, **options})


def embeddings(text, **options) -> bytes:
    return encoded({"model": "text-embedding-3-small", "input": text, **options})


def encoded(value) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def simulate(wish: str, **headers) -> dict:
    """The header that steers the model server; further headers with _ for -."""
    return {"x-simulate": wish, **{name.replace("_", "-"): value for name, value in headers.items()}}


@dataclasses.dataclass(frozen=True)
class Answer:
    status: int
    headers: dict  # lower-case names; of several fields the last
    body: bytes

    @property
    def cache(self) -> list:
        """Cache-Status, split; empty where there is none."""
        value = self.headers.get("cache-status", "")
        return [part.strip() for part in value.split(";")] if value else []

    @property
    def bypass(self) -> str | None:
        """Why the cache was passed by, or None."""
        details = [part.removeprefix("detail=") for part in self.cache if part.startswith("detail=")]
        return details[0] if "fwd=bypass" in self.cache and details else None

    @property
    def is_hit(self) -> bool:
        return "hit" in self.cache

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def id(self) -> str:
        """The answer's id, which the model server makes up anew for each call."""
        return self.json["id"] if self.headers["content-type"] == "application/json" else stream_ids(self.body)[0]


def stream_ids(body: bytes) -> list:
    """The ids in a stream's events, each once."""
    ids = []
    for line in body.splitlines():
        if line.startswith(b"data: {"):
            data = json.loads(line.removeprefix(b"data: "))
            found = data.get("id") or data.get("message", {}).get("id") or data.get("response", {}).get("id")
            if found and found not in ids:
                ids.append(found)
    return ids


def _connect(url: str, timeout: float) -> http.client.HTTPConnection:
    parts = urllib.parse.urlsplit(url)
    return http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)


def ask(url: str, body: bytes, path: str = CHAT, headers: dict | None = None, timeout: float = 20) -> Answer:
    """One POST on a connection of its own. Raises http.client's errors where the answer breaks off."""
    connection = _connect(url, timeout)
    try:
        connection.request("POST", path, body, {"content-type": "application/json", **(headers or {})})
        answer = connection.getresponse()
        fields = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, fields, answer.read())
    finally:
        connection.close()


class Reader:
    """One POST whose answer is read piece by piece."""

    def __init__(self, url: str, body: bytes, path: str = CHAT, headers: dict | None = None, timeout: float = 20,
                 receive_buffer: int | None = None):
        self._connection = _connect(url, timeout)
        if receive_buffer is not None:
            self._connection.sock = socket.socket(socket.AF_INET)
            self._connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            self._connection.sock.settimeout(timeout)
            self._connection.sock.connect((self._connection.host, self._connection.port))
        self._connection.request("POST", path, body, {"content-type": "application/json", **(headers or {})})
        self._answer = None
        self.body = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.leave()

    def head(self) -> Answer:
        if self._answer is None:
            self._answer = self._connection.getresponse()
        fields = {name.lower(): value for name, value in self._answer.getheaders()}
        return Answer(self._answer.status, fields, b"")

    def events(self, count: int) -> bytes:
        """Reads until that many events of a stream are here."""
        self.head()
        pieces = [self.body]
        seen = self.body.count(b"\n\n")
        while seen < count:
            piece = self._answer.read1(65536)
            assert piece, "the answer ended before"
            seen += (pieces[-1][-1:] + piece).count(b"\n\n")
            pieces.append(piece)
        self.body = b"".join(pieces)
        return self.body

    def rest(self) -> Answer:
        """Reads to the end."""
        head = self.head()
        self.body += self._answer.read()
        return Answer(head.status, head.headers, self.body)

    def leave(self):
        """Closes the connection, whatever is still to come."""
        if self._connection.sock is not None:
            self._connection.sock.close()
        if self._answer is not None:
            self._answer.close()
        self._connection.close()
