"""`--upstream URL --hold`: requests wait while nobody is behind the URL, are bounded, and reach whoever comes once each."""

import concurrent.futures
import json
import pathlib
import re
import socket
import time
import urllib.error

import pytest
from exchange import ask, chat
from raw import Client
from scripted import Upstream
from stack import DEMO, SIDECAR, Process, Sidecar, eventually, fetch, free_port

HELD = "penstock_requests_held"


class Place:
    """Where a model server will be, and a sidecar that holds for it."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.running: list[Process] = []

    def hold(self, at_most: str = "30s", *flags: str) -> Sidecar:
        argv = ["--upstream", self.url, "--hold", at_most, "--workers", "2", *flags]
        self.running.append(Sidecar("hold", self.folder, None, argv))
        return self.running[-1]

    def arrive(self) -> None:
        """The model server begins to listen."""
        self.running.append(Process("late", [DEMO, "model-server", "--listen", f"127.0.0.1:{self.port}"], self.folder))
        self.running[-1].wait_until(lambda: self.running[-1].log, "said nothing")

    def journal(self) -> list[str]:
        return [entry.get("body", "") for entry in json.loads(fetch(f"{self.url}/simulate/journal?bodies=1"))]


@pytest.fixture
def place(tmp_path):
    one = Place(tmp_path)
    yield one
    for process in reversed(one.running):
        process.stop()


def held(sidecar: Sidecar) -> int:
    return json.loads(fetch(f"{sidecar.status}/api/signals"))["held"]


def post(client: Client, text: str, path: str = "/v1/chat/completions") -> None:
    body = chat(text)
    head = b"POST %s HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    client.send(head % (path.encode(), len(body)) + body)


def test_a_burst_waits_and_reaches_the_model_once_each(place):
    sidecar = place.hold()
    texts = [f"<burst {number}>" for number in range(60)]
    with concurrent.futures.ThreadPoolExecutor(len(texts)) as pool:
        answers = [pool.submit(ask, sidecar.data, chat(text)) for text in texts]
        eventually(lambda: held(sidecar) == len(texts))
        assert sidecar.metric(HELD) == len(texts)
        signals = json.loads(fetch(f"{sidecar.status}/api/signals"))
        assert (signals["running"], signals["waiting"]) == (0, len(texts))
        assert not any(answer.done() for answer in answers)
        place.arrive()
        assert [answer.result().status for answer in answers] == [200] * len(texts)
        # Whoever comes again is to come by the Service, where the model itself is by then.
        assert {answer.result().headers["connection"] for answer in answers} == {"close"}
        assert all(answer.result().headers["server-timing"].startswith("queue;dur=") for answer in answers)
    journal = place.journal()
    assert [sum(text in body for body in journal) for text in texts] == [1] * len(texts)
    assert eventually(lambda: held(sidecar) == 0)
    assert f'penstock_held_requests_total{{outcome="released"}} {len(texts)}' in sidecar.metrics()


def test_whoever_waits_too_long_is_told_when_to_come_back(place):
    sidecar = place.hold("1s")
    began = time.monotonic()
    answer = ask(sidecar.data, chat("too early"))
    assert 1.0 <= time.monotonic() - began < 5
    assert (answer.status, answer.headers["retry-after"]) == (503, "10")
    assert answer.headers["x-penstock-error"] == "no_backend"
    assert re.fullmatch(r"queue;dur=\d{3,4}\.\d+, connect;dur=\S+, total;dur=1\d{3}\.\d+", answer.headers["server-timing"])
    assert answer.json["error"]["message"] == "The model backend is starting."
    assert 'penstock_held_requests_total{outcome="expired"} 1' in sidecar.metrics()
    place.arrive()
    assert ask(sidecar.data, chat("again")).status == 200
    assert sum("too early" in body for body in place.journal()) == 0


def test_more_than_may_wait_are_refused_at_once(place):
    sidecar = place.hold("30s", "--hold-requests", "2")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(ask, sidecar.data, chat(f"<{number}>")) for number in range(2)]
        eventually(lambda: held(sidecar) == 2)
        refused = ask(sidecar.data, chat("<one too many>"))
        assert (refused.status, refused.headers["retry-after"]) == (503, "10")
        assert refused.headers["x-penstock-error"] == "overloaded"
        assert held(sidecar) == 2
        place.arrive()
        assert [answer.result().status for answer in waiting] == [200, 200]
    assert len([body for body in place.journal() if "<" in body]) == 2


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/some/path/of/its/own"])
def test_a_client_that_leaves_makes_room(place, path):
    """Its body has been read for the one path, and is passed on for the other."""
    sidecar = place.hold("30s", "--hold-requests", "1")
    leaving = Client(int(sidecar.data.rpartition(":")[2]))
    post(leaving, "<left>", path)
    eventually(lambda: held(sidecar) == 1)
    leaving.close()
    eventually(lambda: held(sidecar) == 0)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        stays = pool.submit(ask, sidecar.data, chat("<stays>"))
        eventually(lambda: held(sidecar) == 1)
        place.arrive()
        assert stays.result().status == 200
    assert [("<left>" in body, "<stays>" in body) for body in place.journal() if "<" in body] == [(False, True)]
    assert 'penstock_held_requests_total{outcome="abandoned"} 1' in sidecar.metrics()


def test_a_client_that_leaves_a_large_body_makes_room(place):
    """Not all of it has been read: that it left is seen all the same."""
    sidecar = place.hold("30s", "--hold-requests", "1")
    leaving = Client(int(sidecar.data.rpartition(":")[2]))
    body = b"x" * (180 << 10)
    leaving.send(b"POST /v1/files HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
    eventually(lambda: held(sidecar) == 1)
    leaving.close()
    eventually(lambda: held(sidecar) == 0)
    assert 'penstock_held_requests_total{outcome="abandoned"} 1' in sidecar.metrics()


def on_their_way(port: int) -> int:
    """Bytes that clients of this port have sent and the process behind it has not read."""
    queued = 0
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, _, queues, *_ = line.split()
        to_send, to_read = (int(size, 16) for size in queues.split(":"))
        queued += to_read if int(local.rpartition(":")[2], 16) == port else 0
        queued += to_send if int(remote.rpartition(":")[2], 16) == port else 0
    return queued


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_beyond_the_budget_waits_in_the_network(place, chunked):
    """The bodies that others have begun to send take all that may be collected."""
    sidecar = place.hold()
    most = 16 << 20
    port = int(sidecar.data.rpartition(":")[2])
    others = [Client(port) for _ in range(16)]
    for other in others:
        other.send(b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % most)
        other.send(b"{" * (most - 1))
    eventually(lambda: sidecar.metric("penstock_requests_in_flight") == len(others) and on_their_way(port) == 0)
    body = chat("<large>" + "x" * (300 << 10))
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        sent = iter([body[:1000], body[1000:]]) if chunked else body
        answer = pool.submit(ask, sidecar.data, sent)
        eventually(lambda: held(sidecar) == 1)
        place.arrive()
        assert answer.result().status == 200
    assert sum("<large>" in text for text in place.journal()) == 1
    for other in others:
        other.close()


def test_reads_do_not_wait(place):
    sidecar = place.hold()
    with pytest.raises(urllib.error.HTTPError) as refused:
        fetch(f"{sidecar.data}/v1/models")
    assert (refused.value.code, refused.value.headers["retry-after"]) == (503, "10")
    assert sidecar.metric("penstock_held_requests_total") == 0


def test_a_large_body_waits_in_the_network_and_arrives_whole(place, tmp_path):
    """More than is collected: it is read once somebody takes it."""
    sidecar = place.hold()
    body = b"x" * (20 << 20)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        answer = pool.submit(ask, sidecar.data, body, path="/v1/files")
        eventually(lambda: held(sidecar) == 1)
        late = Late(place.port)
        assert late.received() == body
        assert answer.result().status == 200


class Late:
    """Takes one request at a port, and answers it."""

    def __init__(self, port: int):
        self.listener = socket.create_server(("127.0.0.1", port))

    def received(self) -> bytes:
        self.listener.settimeout(10)
        connection, _ = self.listener.accept()
        self.listener.close()
        with connection, connection.makefile("rwb") as stream:
            length = 0
            while (line := stream.readline()) != b"\r\n":
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            body = stream.read(length)
            stream.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
            stream.flush()
        return body


def test_what_was_sent_is_never_sent_again(tmp_path):
    """A backend that takes requests and breaks off: nobody knows what it has done."""
    upstream = Upstream()
    upstream.script(lambda line: line.reset())
    sidecar = Sidecar("hold", tmp_path, None, ["--upstream", upstream.url, "--hold", "30s"])
    try:
        answers = [ask(sidecar.data, chat(f"<{number}>")) for number in range(3)]
        assert [answer.status for answer in answers] == [502] * 3
        assert len(upstream.taken()) == 3
        assert sidecar.metric("penstock_held_requests_total") == 0
    finally:
        sidecar.stop()
        upstream.stop()


def test_waiting_requests_outlive_the_beginning_of_a_drain(place):
    """A hold process that is replaced keeps what it took until the grace is over."""
    sidecar = place.hold("30s", "--drain-grace", "30s")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        answer = pool.submit(ask, sidecar.data, chat("<drained>"))
        eventually(lambda: held(sidecar) == 1)
        sidecar.popen.terminate()
        place.arrive()
        assert answer.result().status == 200
    assert sidecar.popen.wait(timeout=10) == 0


def test_flags_that_make_no_sense_are_refused(tmp_path):
    for flags in (["--hold", "5m"], ["--upstream", "http://127.0.0.1:1", "--hold", "soon"],
                  ["--upstream", "http://127.0.0.1:1", "--hold-requests", "5"],
                  ["--upstream", "http://127.0.0.1:1", "--hold", "5m", "--cache", "1Mi"]):
        process = Process("wrong", [SIDECAR, *flags], tmp_path)
        assert process.popen.wait(timeout=10) not in (0, None)
        assert "--hold" in process.log
