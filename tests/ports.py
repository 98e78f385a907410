"""Ports for the processes of contract tests, end-to-end tests and the side-by-side benchmark."""

import socket

GIVEN = set()


def free_port() -> int:
    """A port that nothing listens on at this moment, and another one each time: whoever was given it may not listen yet.

    Sidecars may share a port, so two listeners that were given the same one would each get half of its connections.
    """
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port not in GIVEN:
            GIVEN.add(port)
            return port
