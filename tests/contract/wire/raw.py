"""A client of bytes: sends what it is told, and takes answers apart without repairing anything."""

import re
import socket
import ssl
import struct

from scripted import SECONDS, Malformed, fields_of

_STATUS_LINE = re.compile(rb"HTTP/1\.1 [1-9][0-9]{2} [ -~]*")


class Broken(Exception):
    """The answer ended before its end: `partial` is what had come; `reset` tells a reset from a close."""

    def __init__(self, partial: bytes, reset: bool):
        super().__init__(f"{'reset' if reset else 'closed'} after {partial[-200:]!r}")
        self.partial, self.reset = partial, reset


class Response:
    def __init__(self, head: bytes):
        line = head.split(b"\r\n", 1)[0]
        if not _STATUS_LINE.fullmatch(line):
            raise Malformed(line)
        self.head = head
        self.status = int(line[9:12])
        self.reason = line[13:]
        self.fields = fields_of(head)
        self.body, self.trailers, self.chunks = b"", b"", []

    def values(self, name: bytes) -> list[bytes]:
        return [value for field, value in self.fields if field == name]

    def value(self, name: bytes) -> bytes | None:
        values = self.values(name)
        if len(values) > 1:
            raise Malformed(b"more than one " + name)
        return values[0] if values else None

    @property
    def error(self) -> bytes | None:
        return self.value(b"x-penstock-error")


class Client:
    """One connection."""

    def __init__(self, port: int, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None, name: str = "localhost"):
        self.socket = socket.create_connection((host, port), timeout=SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname=name)
        self._pending = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data: bytes):
        self.socket.sendall(data)
        return self

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)
        return self

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self):
        self.socket.close()

    def more(self) -> bytes:
        """The next bytes; b"" at an orderly end."""
        data = self.socket.recv(65536)
        self._pending += data
        return data

    def skip(self, size: int):
        """Takes `size` bytes and keeps none."""
        size -= len(self._pending)
        self._pending = b""
        while size > 0:
            data = self.socket.recv(min(size, 1 << 20))
            if not data:
                raise Broken(b"", False)
            size -= len(data)

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._pending:
            self._need()
        taken, _, self._pending = self._pending.partition(mark)
        return taken + mark

    def _exactly(self, size: int) -> bytes:
        while len(self._pending) < size:
            self._need()
        taken, self._pending = self._pending[:size], self._pending[size:]
        return taken

    def _need(self):
        try:
            ended = not self.more()
            reset = False
        except ConnectionError:
            ended = reset = True
        if ended:
            raise Broken(self._pending, reset)

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
        coding, length = response.value(b"transfer-encoding"), response.value(b"content-length")
        if method == "HEAD" or response.status < 200 or response.status in (204, 304):
            return response
        if coding is not None:
            if coding != b"chunked" or length is not None:
                raise Malformed(response.head)
            return self._chunks(response)
        if length is not None:
            if not length.isdigit():
                raise Malformed(response.head)
            response.body = self._exactly(int(length))
            return response
        response.body = self.rest()
        return response

    def _chunks(self, response: Response) -> Response:
        while True:
            size = self._until(b"\r\n")
            if not re.fullmatch(rb"[0-9a-fA-F]{1,8}\r\n", size):
                raise Malformed(size)
            if int(size, 16) == 0:
                break
            data = self._exactly(int(size, 16) + 2)
            if data[-2:] != b"\r\n":
                raise Malformed(data)
            response.chunks.append(data[:-2])
            response.body += data[:-2]
        while (line := self._until(b"\r\n")) != b"\r\n":
            response.trailers += line
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
