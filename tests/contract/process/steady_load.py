"""Clients that go on asking on connections of their own, and what came of it."""

import http.client
import threading


class Load:
    """`clients` threads that send `body` until the block ends.

        with Load(port, body) as load:
            load.wait_for(100)
        assert load.failures == []
    """

    def __init__(self, port: int, body: bytes, clients: int = 4, path: str = "/v1/chat/completions"):
        self.answers = 0
        self.failures: list[str] = []
        self._port, self._body, self._path = port, body, path
        self._lock = threading.Condition()
        self._ending = False
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(clients)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ending = True
        for thread in self._threads:
            thread.join(20)

    def wait_for(self, more: int, seconds: float = 20):
        """Until so many more answers have come."""
        with self._lock:
            wanted = self.answers + more
            assert self._lock.wait_for(lambda: self.answers >= wanted, seconds), self.failures

    def _run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        while not self._ending:
            try:
                connection.request("POST", self._path, self._body, {"content-type": "application/json"})
                answer = connection.getresponse()
                answer.read()
                failure = "" if answer.status == 200 else f"status {answer.status}"
            except (OSError, http.client.HTTPException) as error:
                failure = repr(error)
                connection.close()
            with self._lock:
                self.answers += 1
                if failure:
                    self.failures.append(failure)
                self._lock.notify_all()
