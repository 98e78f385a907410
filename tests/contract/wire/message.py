"""HTTP/1.1 as bytes, for both ends of a connection: taken apart strictly, and nothing is repaired."""

import re
import socket
import struct

SECONDS = 10  # the most anything here waits

_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*", re.DOTALL)
_CHUNK_SIZE = re.compile(rb"[0-9a-fA-F]{1,8}\r\n")


class Malformed(Exception):
    """Bytes that are no well-formed HTTP message."""


def fields_of(head: bytes) -> list[tuple[bytes, bytes]]:
    """(lower-case name, value) of each line behind the start line. Nothing is repaired."""
    found = []
    for line in head.split(b"\r\n")[1:-2]:
        match = _FIELD.fullmatch(line)
        if not match or re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", line):
            raise Malformed(line)
        found.append((match[1].lower(), match[2]))
    return found


class Message:
    """`raw` is every byte that has come of it, `body` the payload without framing, `chunks` its parts where it is chunked."""

    def __init__(self, head: bytes, start_line: re.Pattern[bytes]):
        self.start = head.split(b"\r\n", 1)[0]
        if not start_line.fullmatch(self.start):
            raise Malformed(self.start)
        self.head, self.raw = head, head
        self.fields = fields_of(head)
        self.body, self.trailers, self.chunks = b"", b"", []

    def values(self, name: bytes) -> list[bytes]:
        return [value for field, value in self.fields if field == name]

    def value(self, name: bytes) -> bytes | None:
        values = self.values(name)
        if len(values) > 1:
            raise Malformed(b"more than one " + name)
        return values[0] if values else None


class Connection:
    """A socket, and what it gave that is not taken yet."""

    def __init__(self, connection: socket.socket):
        self.socket = connection
        self._pending = b""

    def send(self, data: bytes):
        self.socket.sendall(data)
        return self

    def reset(self):
        """Ends the connection as a crash does: with a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self):
        self.socket.close()

    def skip(self, size: int):
        """Takes `size` bytes and keeps none."""
        size -= len(self._pending)
        self._pending = b""
        while size > 0:
            data = self.socket.recv(min(size, 1 << 20))
            if not data:
                self._ended()
            size -= len(data)

    def take(self, size: int) -> bytes:
        """What is here, or comes next: `size` bytes at most, and one at least."""
        data = self._pending[:size] or self.socket.recv(size)
        self._pending = self._pending[size:]
        if not data:
            self._ended()
        return data

    def _ended(self):
        """Says by an exception that the other end will send no more."""
        raise NotImplementedError

    def _receive(self) -> bytes:
        """The next bytes; b"" at an orderly end."""
        data = self.socket.recv(65536)
        self._pending += data
        return data

    def _need(self):
        if not self._receive():
            self._ended()

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

    def _read_framed(self, message: Message) -> bool:
        """Reads the body whose end the head tells; False where it tells none."""
        coding, length = message.value(b"transfer-encoding"), message.value(b"content-length")
        if coding is not None:
            if coding != b"chunked" or length is not None:
                raise Malformed(message.head)
            self._read_chunks(message)
        elif length is not None:
            if not length.isdigit():
                raise Malformed(message.head)
            message.body = self._exactly(int(length))
            message.raw += message.body
        return coding is not None or length is not None

    def _read_chunks(self, message: Message):
        while True:
            size = self._until(b"\r\n")
            message.raw += size
            if not _CHUNK_SIZE.fullmatch(size):
                raise Malformed(size)
            if int(size, 16) == 0:
                break
            data = self._exactly(int(size, 16) + 2)
            message.raw += data
            if data[-2:] != b"\r\n":
                raise Malformed(data)
            message.chunks.append(data[:-2])
            message.body += data[:-2]
        while (line := self._until(b"\r\n")) != b"\r\n":
            message.trailers += line
            message.raw += line
        message.raw += b"\r\n"
