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
import threading

from message import SECONDS, Connection, Malformed, Message

OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"

_REQUEST_LINE = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+ [!-~]+ HTTP/1\.1")


class Gone(Exception):
    """The peer ended the connection."""


class Request(Message):
    """One request as it arrived."""

    def __init__(self, head: bytes, connection: int):
        super().__init__(head, _REQUEST_LINE)
        self.method, self.target, _ = self.start.split(b" ")
        self.connection = connection


class Line(Connection):
    """One accepted connection, for scripts."""

    def __init__(self, connection: socket.socket, number: int, seen: queue.Queue):
        super().__init__(connection)
        self.number = number
        self._seen = seen
        self.request: Request | None = None

    def _ended(self):
        raise Gone()

    def more(self) -> bytes:
        """The next bytes from the peer."""
        data = self._receive()
        if not data:
            self._ended()
        return data

    def some(self) -> bytes:
        """What is here, or comes next, of something that is no request."""
        data = self._pending or self.more()
        self._pending = b""
        return data

    def read_head(self) -> Request:
        self.request = Request(self._until(b"\r\n\r\n"), self.number)
        if len(self.request.values(b"host")) != 1:
            raise Malformed(b"not exactly one host")
        return self.request

    def read_body(self) -> Request:
        self._read_framed(self.request)
        return self.request

    def read(self) -> Request:
        """A whole request, which is then there to take()."""
        self.read_head()
        self.read_body()
        self._seen.put(self.request)
        return self.request

    def reset(self):
        super().reset()
        self._pending = b""

    def close(self):
        super().close()
        self._pending = b""

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
        self.protocols: list[str | None] = []  # what ALPN settled on
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
                self.protocols.append(connection.selected_alpn_protocol())
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
