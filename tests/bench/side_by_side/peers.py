"""Every process of a run and its configuration: upstream, nginx, haproxy, penstock-sidecar."""

import http.client
import json
import time
from dataclasses import dataclass
from pathlib import Path

from bodies import answer
from ports import free_port
from processes import LOAD_CORE, PRODUCT_CORE, Process, wait_for_port

# nginx in one process and without its log, which favours it. `proxy_buffering off` and a request buffer above the body
# are what a stream and a 20 KB prompt need; without them nginx delays events and spools bodies to disk.
NGINX = """
daemon off;
master_process off;
worker_processes 1;
pid {folder}/{name}.pid;
error_log {folder}/{name}.log error;
worker_rlimit_nofile {descriptors};
events {{ worker_connections {connections}; multi_accept on; }}
http {{
  access_log off;
  default_type application/json;
  keepalive_requests 1000000000;
  keepalive_timeout 300s;
  client_body_buffer_size 256k;
  client_max_body_size 16m;
  client_body_temp_path {folder}/{name}-body;
  proxy_temp_path {folder}/{name}-proxy;
  fastcgi_temp_path {folder}/{name}-fastcgi;
  uwsgi_temp_path {folder}/{name}-uwsgi;
  scgi_temp_path {folder}/{name}-scgi;
  tcp_nodelay on;
{body}
}}
"""

NGINX_UPSTREAM = """
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location = /status {{ stub_status; }}
    location / {{ return 200 '{answer}'; }}
  }}
"""

NGINX_PROXY = """
  upstream plain {{ server 127.0.0.1:{upstream}; keepalive 512; keepalive_requests 1000000000; }}
  upstream events {{ server 127.0.0.1:{events}; keepalive 16; }}
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_buffering off;
  proxy_request_buffering on;
  proxy_read_timeout 600s;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{ proxy_pass http://plain; }}
  }}
  server {{
    listen 127.0.0.1:{events_port} backlog=4096;
    location / {{ proxy_pass http://events; }}
  }}
"""

# Without http-no-delay haproxy holds small events back for 200 ms; http-reuse always is its keep-alive to the upstream.
HAPROXY = """
global
  nbthread 1
  maxconn {connections}
defaults
  mode http
  option http-no-delay
  http-reuse always
  timeout connect 5s
  timeout client 600s
  timeout server 600s
  timeout http-keep-alive 300s
frontend plain
  bind 127.0.0.1:{port} backlog 4096
  default_backend plain
backend plain
  server one 127.0.0.1:{upstream}
frontend events
  bind 127.0.0.1:{events_port} backlog 4096
  default_backend events
backend events
  server one 127.0.0.1:{events}
"""


@dataclass
class Peer:
    """A running program and where it listens; `events_port` relays the event upstream."""

    process: Process
    port: int
    events_port: int = 0
    status_port: int = 0


class Stage:
    """Starts what rows ask for and ends all of it."""

    def __init__(self, folder: Path, descriptors: int, sidecar: Path, load: Path) -> None:
        self.folder = folder
        self.descriptors = descriptors
        self.sidecar_program = sidecar
        self.load_program = load
        self.processes: list[Process] = []

    def __enter__(self) -> "Stage":
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self.processes):
            process.stop()

    def start(self, name: str, command: list[str], core: int, port: int, environment: dict | None = None) -> Process:
        process = Process(name, command, core, self.folder / f"{name}.out", environment or {})
        self.processes.append(process.start())
        wait_for_port(process, port)
        return process

    def retire(self, process: Process) -> None:
        process.stop()
        self.processes.remove(process)

    def _nginx(self, name: str, body: str, core: int, port: int) -> Process:
        config = self.folder / f"{name}.conf"
        connections = self.descriptors - 100
        config.write_text(
            NGINX.format(
                folder=self.folder, name=name, body=body, connections=connections, descriptors=self.descriptors
            )
        )
        return self.start(name, ["nginx", "-c", str(config), "-p", str(self.folder)], core, port)

    def upstream(self) -> Peer:
        port = free_port()
        body = NGINX_UPSTREAM.format(port=port, answer=answer())
        return Peer(self._nginx("upstream", body, LOAD_CORE, port), port)

    def event_upstream(self, events_per_second: int) -> Peer:
        port = free_port()
        command = [str(self.load_program), "sse-upstream", "--port", str(port)]
        command += ["--events-per-second", str(events_per_second)]
        return Peer(self.start(f"events-{events_per_second}", command, LOAD_CORE, port), port)

    def nginx(self, upstream: Peer, events: Peer) -> Peer:
        port, events_port = free_port(), free_port()
        body = NGINX_PROXY.format(port=port, events_port=events_port, upstream=upstream.port, events=events.port)
        return Peer(self._nginx("nginx", body, PRODUCT_CORE, port), port, events_port)

    def nginx_return(self) -> Peer:
        """The static answer that a cache hit is compared with."""
        port = free_port()
        body = NGINX_UPSTREAM.format(port=port, answer=answer())
        return Peer(self._nginx("nginx-return", body, PRODUCT_CORE, port), port)

    def haproxy(self, upstream: Peer, events: Peer) -> Peer:
        port, events_port = free_port(), free_port()
        config = self.folder / "haproxy.cfg"
        config.write_text(
            HAPROXY.format(
                port=port,
                events_port=events_port,
                upstream=upstream.port,
                events=events.port,
                connections=(self.descriptors - 200) // 2,
            )
        )
        process = self.start("haproxy", ["haproxy", "-f", str(config), "-db"], PRODUCT_CORE, port)
        return Peer(process, port, events_port)

    def sidecar_command(self, target: list[str], port: int, status: int, admin: int) -> list[str]:
        listeners = ["--listen", f"127.0.0.1:{port}", "--status", f"127.0.0.1:{status}"]
        return [str(self.sidecar_program), *target, *listeners, "--admin", f"127.0.0.1:{admin}", "--workers", "1"]

    def sidecar(self, name: str, target: list[str], port: int = 0) -> Peer:
        """`target` is `--upstream URL [--cache SIZE]` or `--resources DIR ...`."""
        port = port or free_port()
        status = free_port()
        command = self.sidecar_command(target, port, status, free_port())
        return Peer(self.start(name, command, PRODUCT_CORE, status), port, port, status)


def get(port: int, path: str, timeout: float = 2) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def post(port: int, body: bytes) -> tuple[int, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        headers = {"content-type": "application/json"}
        connection.request("POST", "/v1/chat/completions", body, headers)
        response = connection.getresponse()
        response.read()
        return response.status, {name.lower(): value for name, value in response.getheaders()}
    finally:
        connection.close()


def upstream_requests(upstream: Peer) -> int:
    """How many requests the upstream has answered, less the question itself."""
    return int(get(upstream.port, "/status")[1].split("\n")[2].split()[2])


def shuffled_body(file: Path, order: int) -> bytes:
    lines = file.read_text().split("\n")
    rotated = lines[order % len(lines) :] + lines[: order % len(lines)]
    body = "{" + ", ".join(rotated) + "}"
    json.loads(body)
    return body.encode()


def wait_until_ready(peer: Peer, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if get(peer.status_port, "/readyz")[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.01)
    raise RuntimeError(f"{peer.process.name} never became ready:\n{peer.process.tail()}")
