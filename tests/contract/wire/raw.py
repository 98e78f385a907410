"""A client of bytes: sends what it is told, and takes answers apart without repairing anything."""

import re
import socket
import ssl

from message import SECONDS, Connection, Message

_STATUS_LINE = re.compile(rb"HTTP/1\.1 [1-9][0-9]{2} [ -~]*")


class Broken(Exception):
    """The answer ended before its end: `partial` is what had come; `reset` tells a reset from a close."""

    def __init__(self, partial: bytes, reset: bool):
        super().__init__(f"{'reset' if reset else 'closed'} after {partial[-200:]!r}")
        self.partial, self.reset = partial, reset


class Response(Message):
    def __init__(self, head: bytes):
        super().__init__(head, _STATUS_LINE)
        self.status = int(self.start[9:12])
        self.reason = self.start[13:]

    @property
    def error(self) -> bytes | None:
        return self.value(b"x-penstock-error")


class Client(Connection):
    """One connection."""

    def __init__(self, port: int, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None, name: str = "localhost"):
        connection = socket.create_connection((host, port), timeout=SECONDS)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().__init__(tls.wrap_socket(connection, server_hostname=name) if tls else connection)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)
        return self

    def more(self) -> bytes:
        """The next bytes; b"" at an orderly end."""
        return self._receive()

    def _ended(self):
        raise Broken(self._pending, False)

    def _need(self):
        try:
            super()._need()
        except ConnectionError:
            raise Broken(self._pending, True) from None

    def await_bytes(self, expected: bytes):
        """Waits until `expected` has come; it is still there to be read."""
        while expected not in self._pending:
            self._need()
        return self

    def head(self) -> Response:
        """The next head, interim ones too."""
        return Response(self._until(b"\r\n\r\n"))

    def response(self, method: str = "GET") -> Response:
        """One whole answer. Broken when it ends early; Malformed when it is not HTTP."""
        response = self.head()
        try:
            return self._body(response, method)
        except Broken as broken:
            broken.partial = response.head + response.body + broken.partial
            raise

    def _body(self, response: Response, method: str) -> Response:
        if method == "HEAD" or response.status < 200 or response.status in (204, 304):
            return response
        if not self._read_framed(response):
            response.body = self.rest()
        return response

    def rest(self) -> bytes:
        """Everything up to an orderly end; Broken on a reset."""
        try:
            while self.more():
                pass
        except ConnectionError:
            raise Broken(self._pending, True) from None
        taken, self._pending = self._pending, b""
        return taken

    def ended(self) -> bool:
        """Waits for the end and tells whether it came without a further byte."""
        try:
            return self.rest() == b""
        except Broken as broken:
            return broken.partial == b""


def ask(port: int, request: bytes, method: str = "GET", **connection) -> Response:
    """One request on a connection of its own."""
    with Client(port, **connection) as client:
        return client.send(request).response(method)


def post(body: bytes, path: bytes = b"/v1/chat/completions", **headers: bytes) -> bytes:
    """A request's bytes; `headers` with _ for -."""
    lines = b"".join(name.replace("_", "-").encode() + b": " + value + b"\r\n" for name, value in headers.items())
    return b"POST %s HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n%s\r\n%s" % (path, len(body), lines, body)
