"""An upstream that says exactly the bytes it is told, and keeps exactly the bytes it is sent.

    upstream.answer(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")     # to every request from now on
    upstream.script(lambda line: line.send(b"HTTP/1.1 2").reset())          # or step by step
    upstream.take()                                                         # the next request it got, whole

It reads requests strictly: what is not one well-formed HTTP/1.1 request after another is a fault, and
`upstream.faults` must stay empty. That is what the smuggling cases rest on.
"""

import queue
import re
import socket
import ssl
import struct
import threading

SECONDS = 10  # the most anything here waits

OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"

_REQUEST_LINE = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+ [!-~]+ HTTP/1\.1")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*", re.DOTALL)


class Malformed(Exception):
    """Bytes that are no well-formed HTTP message."""


class Gone(Exception):
    """The peer ended the connection."""


def fields_of(head: bytes) -> list[tuple[bytes, bytes]]:
    """(lower-case name, value) of each line behind the start line. Nothing is repaired."""
    found = []
    for line in head.split(b"\r\n")[1:-2]:
        match = _FIELD.fullmatch(line)
        if not match or re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", line):
            raise Malformed(line)
        found.append((match[1].lower(), match[2]))
    return found


class Request:
    """One request as it arrived: `raw` is every byte of it, `body` the payload without framing."""

    def __init__(self, head: bytes, connection: int):
        line = head.split(b"\r\n", 1)[0]
        if not _REQUEST_LINE.fullmatch(line):
            raise Malformed(line)
        self.method, self.target, _ = line.split(b" ")
        self.head, self.raw, self.connection = head, head, connection
        self.fields = fields_of(head)
        self.body, self.trailers = b"", b""

    def values(self, name: bytes) -> list[bytes]:
        return [value for field, value in self.fields if field == name]

    def value(self, name: bytes) -> bytes | None:
        values = self.values(name)
        if len(values) > 1:
            raise Malformed(b"more than one " + name)
        return values[0] if values else None


class Line:
    """One accepted connection, for scripts."""

    def __init__(self, connection: socket.socket, number: int, seen: queue.Queue):
        self.socket, self.number = connection, number
        self._seen = seen
        self.request: Request | None = None
        self._pending = b""

    def more(self) -> bytes:
        """The next bytes from the peer."""
        data = self.socket.recv(65536)
        if not data:
            raise Gone()
        self._pending += data
        return data

    def some(self) -> bytes:
        """What is here, or comes next, of something that is no request."""
        data = self._pending or self.more()
        self._pending = b""
        return data

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._pending:
            self.more()
        taken, _, self._pending = self._pending.partition(mark)
        return taken + mark

    def _exactly(self, size: int) -> bytes:
        while len(self._pending) < size:
            self.more()
        taken, self._pending = self._pending[:size], self._pending[size:]
        return taken

    def skip(self, size: int):
        """Takes `size` bytes and keeps none."""
        size -= len(self._pending)
        self._pending = b""
        while size > 0:
            data = self.socket.recv(min(size, 1 << 20))
            if not data:
                raise Gone()
            size -= len(data)

    def read_head(self) -> Request:
        self.request = Request(self._until(b"\r\n\r\n"), self.number)
        if len(self.request.values(b"host")) != 1:
            raise Malformed(b"not exactly one host")
        return self.request

    def read_body(self) -> Request:
        request = self.request
        coding, length = request.value(b"transfer-encoding"), request.value(b"content-length")
        if coding is not None:
            if coding != b"chunked" or length is not None:
                raise Malformed(request.head)
            self._read_chunks(request)
        elif length is not None:
            if not length.isdigit():
                raise Malformed(request.head)
            request.body = self._exactly(int(length))
            request.raw += request.body
        return request

    def read(self) -> Request:
        """A whole request, which is then there to take()."""
        self.read_head()
        self.read_body()
        self._seen.put(self.request)
        return self.request

    def _read_chunks(self, request: Request):
        while True:
            size = self._until(b"\r\n")
            request.raw += size
            if not re.fullmatch(rb"[0-9a-fA-F]{1,8}\r\n", size):
                raise Malformed(size)
            if int(size, 16) == 0:
                break
            data = self._exactly(int(size, 16) + 2)
            request.raw += data
            if data[-2:] != b"\r\n":
                raise Malformed(data[-2:])
            request.body += data[:-2]
        while (line := self._until(b"\r\n")) != b"\r\n":
            request.trailers += line
            request.raw += line
        request.raw += b"\r\n"

    def send(self, data: bytes):
        self.socket.sendall(data)
        return self

    def reset(self):
        """Ends the connection as a crash does: with a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self):
        self._pending = b""
        self.socket.close()

    def wait_gone(self, seconds: float = SECONDS):
        """Waits until the peer has ended the connection; fails after `seconds`."""
        self.socket.settimeout(seconds)
        try:
            while True:
                self.more()
        except (Gone, ConnectionError):
            self._pending = b""


class Upstream:
    """A TCP server on a free port, a thread a connection, at most `SECONDS` a step."""

    def __init__(self, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None, backlog: int = 2048):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.socket(family, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((host, 0))
        self._listener.listen(backlog)
        self.host, self.port = host, self._listener.getsockname()[1]
        self.authority = f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
        self.url = f"{'https' if tls else 'http'}://{self.authority}"
        self._tls = tls
        self.sessions_resumed: list[bool] = []
        self.versions: list[str] = []
        self._script, self._at_head = None, False
        self._seen: queue.Queue[Request] = queue.Queue()
        self._lines: list[Line] = []
        self.faults: list[str] = []
        self.connections = 0
        self.answer(OK)
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def answer(self, *replies: bytes):
        """Each whole request gets the next of `replies`; the last one stays."""
        left = list(replies)

        def script(line: Line):
            line.send(left.pop(0) if len(left) > 1 else left[0])

        self.script(script)

    def script(self, steps, at_head: bool = False):
        """`steps(line)` runs for each whole request, or each head of one; line.request is that request."""
        self._script, self._at_head = steps, at_head

    def take(self, seconds: float = SECONDS) -> Request:
        """The oldest request not taken yet; waits for it."""
        return self._seen.get(timeout=seconds)

    def taken(self) -> list[Request]:
        """All that arrived and were not taken yet, without waiting."""
        found = []
        while not self._seen.empty():
            found.append(self._seen.get())
        return found

    def forget(self):
        self.taken()
        self.faults.clear()
        self.answer(OK)

    def stop(self):
        self._listener.close()
        for line in self._lines:
            line.socket.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection, self.connections), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int):
        connection.settimeout(60)
        try:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
                self.sessions_resumed.append(connection.session_reused)
                self.versions.append(connection.version())
        except (OSError, ssl.SSLError):
            connection.close()
            return
        line = Line(connection, number, self._seen)
        self._lines.append(line)
        try:
            while True:
                line.request = None
                if self._at_head:
                    line.read_head()
                else:
                    line.read()
                self._script(line)
        except Malformed as wrong:
            self.faults.append(f"connection {number}: {wrong!r}")
        except (Gone, OSError):
            if line._pending and line.request is None:
                self.faults.append(f"connection {number} ended within a head: {line._pending!r}")
        finally:
            connection.close()
