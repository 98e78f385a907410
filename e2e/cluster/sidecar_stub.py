"""What stands for thousands of sidecars at once: it answers the operator's questions at every address of 127.0.0.0/8."""

import asyncio
import json
import threading
import time
from collections.abc import Callable

BEGAN = time.monotonic()


def signals() -> str:
    """Five requests a second since the process began, each of 1,000 prompt tokens, in an answer of a usual size."""
    uptime = time.monotonic() - BEGAN
    requests = 1 + int(5 * uptime)
    latencies = {"sumUs": 250_000 * requests, "buckets": [120, requests, *(19 * [1, requests])]}
    report = {
        "version": 1,
        "startId": "stub",
        "uptimeMs": int(1_000 * uptime),
        "requests": {"started": requests, "finished": requests, "clientErrors": 0, "upstreamErrors": 0, "ownErrors": 0},
        "calls": {"started": requests, "finished": requests},
        "cache": {"hits": 0, "partialHits": 0, "misses": 0, "joins": 0},
        "tokens": {"prefill": 1_000 * requests, "prefixCached": 0, "decode": 200 * requests, "savedPrompt": 0, "savedCompletion": 0},
        "running": 3,
        "waiting": 0,
        "timeToFirstToken": latencies,
        "timePerOutputToken": latencies,
        "engine": {"name": "vllm", "ageMs": 400, "kvUsage": 0.25, "kvCapacityTokens": 400_000, "running": 3, "waiting": 0, "preemptions": 0},
    }
    return json.dumps(report)


class SidecarStub:
    """Health with the hash of the address on one port, nonces on another; on a thread of its own."""

    def __init__(self, status_port: int, data_port: int, policy_hash: Callable[[str], str]):
        self.ports = (status_port, data_port)
        self.policy_hash = policy_hash
        self.asked = 0
        self.loop = asyncio.new_event_loop()
        self.listening, self.ending = threading.Event(), asyncio.Event()
        self.connections: set[asyncio.StreamWriter] = set()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        assert self.listening.wait(10)

    def run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
            runner.run(self.listen())

    async def listen(self) -> None:
        servers = [await asyncio.start_server(self.serve, "0.0.0.0", port, backlog=4096) for port in self.ports]
        self.listening.set()
        await self.ending.wait()
        await self.end_connections()
        for server in servers:
            server.close()
        await self.end_connections()

    async def end_connections(self) -> None:
        """The operator keeps its own; whoever serves one returns when it is closed."""
        for connection in self.connections:
            connection.transport.abort()  # close() waits for who does not read
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = writer.get_extra_info("sockname")[0]
        self.connections.add(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                path = head.split(b" ", 2)[1].decode()
                body = path.rpartition("/")[2] if "/proof/" in path else signals() if path == "/api/signals" else "{}"
                self.asked += 1
                fields = f"content-length: {len(body)}\r\nx-penstock-version: 0.1.0\r\nx-penstock-policy: {self.policy_hash(address)}\r\n"
                writer.write(f"HTTP/1.1 200 OK\r\n{fields}\r\n{body}".encode())
        except (asyncio.IncompleteReadError, ConnectionError):
            self.connections.discard(writer)
            writer.close()

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.ending.set)
        self.thread.join()
