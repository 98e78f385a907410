"""What stands for thousands of sidecars at once: it answers the operator's questions at every address of 127.0.0.0/8."""

import asyncio
import threading
from collections.abc import Callable


class SidecarStub:
    """Health with the hash of the address on one port, nonces on another; on a thread of its own."""

    def __init__(self, status_port: int, data_port: int, policy_hash: Callable[[str], str]):
        self.ports = (status_port, data_port)
        self.policy_hash = policy_hash
        self.asked = 0
        self.loop = asyncio.new_event_loop()
        self.listening = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        assert self.listening.wait(10)

    def run(self) -> None:
        asyncio.set_event_loop(self.loop)
        servers = [asyncio.start_server(self.serve, "0.0.0.0", port, backlog=4096) for port in self.ports]
        self.loop.run_until_complete(asyncio.gather(*servers))
        self.listening.set()
        self.loop.run_forever()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        policy_hash = self.policy_hash(writer.get_extra_info("sockname")[0])
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                path = head.split(b" ", 2)[1].decode()
                body = path.rpartition("/")[2] if "/proof/" in path else "{}"
                self.asked += 1
                fields = f"content-length: {len(body)}\r\nx-penstock-version: 0.1.0\r\nx-penstock-policy: {policy_hash}\r\n"
                writer.write(f"HTTP/1.1 200 OK\r\n{fields}\r\n{body}".encode())
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
