"""At its limits a sidecar says so, serves who it serves, computes nothing in vain, and recovers."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from proxy import policy
from raw import Broken, Client, ask
from scripted import OK
from stack import eventually

GET = b"GET /v1/models HTTP/1.1\r\nhost: a\r\n\r\n"


def holding(upstream, target: bytes = b"/hold"):
    """Requests for `target` wait for the event that comes back; all others are answered."""
    proceed = threading.Event()

    def script(line):
        if line.request.target == target:
            proceed.wait(20)
        line.send(OK)

    upstream.script(script)
    return proceed


def test_one_connection_too_many_gets_a_503_and_the_others_go_on(start, own_upstream):
    proxy = start(policy(own_upstream.url, listener={"limits": {"connections": 3}}))
    clients = [Client(proxy.port) for _ in range(3)]
    for client in clients:
        assert client.send(GET).response().status == 200
    with Client(proxy.port) as surplus:
        response = surplus.response()
        assert (response.status, response.error, response.value(b"retry-after")) == (503, b"overloaded", b"1")
        assert response.value(b"connection") == b"close"
        assert surplus.ended()
    for client in clients:
        assert client.send(GET).response().status == 200
    clients.pop().close()
    eventually(lambda: ask(proxy.port, GET).status == 200)
    for client in clients:
        client.close()


def test_one_request_too_many_gets_a_503_on_a_connection_that_stays(start, own_upstream):
    proceed = holding(own_upstream)
    proxy = start(policy(own_upstream.url, listener={"limits": {"requestsInFlight": 2}}))
    held = [Client(proxy.port).send(GET.replace(b"/v1/models", b"/hold")) for _ in range(2)]
    for _ in held:
        own_upstream.take()
    with Client(proxy.port) as client:
        response = client.send(GET).response()
        assert (response.status, response.error, response.value(b"retry-after")) == (503, b"overloaded", b"1")
        proceed.set()
        for each in held:
            assert each.response().status == 200
        assert client.send(GET).response().status == 200


def test_a_refused_request_with_a_body_does_not_upset_the_next(start, own_upstream):
    proceed = holding(own_upstream)
    proxy = start(policy(own_upstream.url, listener={"limits": {"requestsInFlight": 1}}))
    held = Client(proxy.port).send(GET.replace(b"/v1/models", b"/hold"))
    own_upstream.take()
    for target in (b"/opaque", b"/v1/chat/completions"):
        with Client(proxy.port) as client:
            client.send(b"POST " + target + b" HTTP/1.1\r\nhost: a\r\ncontent-length: 40\r\n\r\n" + GET)
            assert client.response().status == 503
            try:
                client.send(GET)
                assert client.response().status == 503
            except (Broken, ConnectionError):
                pass  # closed: as good an answer
    proceed.set()
    assert held.response().status == 200
    assert own_upstream.taken() == []


def few_descriptors(count: int) -> list[str]:
    return ["prlimit", f"--nofile={count}:{count}"]


@pytest.fixture
def scarce(start, own_upstream):
    """A sidecar that may have 60 descriptors and would take far more connections."""
    text = policy(own_upstream.url, listener={"limits": {"connections": 1000}})
    return start(text, before=few_descriptors(60))


def test_without_descriptors_clients_wait_and_nothing_spins(scarce):
    clients = []
    for _ in range(100):
        clients.append(Client(scarce.port))  # the kernel accepts for it
    eventually(lambda: scarce.descriptors() >= 30)
    never = threading.Event()
    never.wait(0.3)
    before = scarce.cpu_seconds()
    never.wait(1.0)
    assert scarce.cpu_seconds() - before < 0.2
    for client in clients:
        client.close()
    eventually(lambda: try_to_ask(scarce.port) == 200)


def try_to_ask(port: int) -> int:
    try:
        return ask(port, GET).status
    except (Broken, ConnectionError):
        return 0


def test_without_descriptors_for_the_upstream_the_answer_is_a_503_and_then_it_recovers(start, own_upstream):
    """Connections take half of the descriptors at most, so that their calls can have the other half."""
    proceed = holding(own_upstream)
    text = policy(own_upstream.url, listener={"limits": {"connections": 1000, "requestsInFlight": 1000}})
    proxy = start(text, before=few_descriptors(60))
    with ThreadPoolExecutor(100) as pool:
        hold = GET.replace(b"/v1/models", b"/hold")
        answers = [pool.submit(lambda: try_to_send(proxy.port, hold)) for _ in range(100)]
        eventually(lambda: sum(answer.done() for answer in answers) >= 50)
        proceed.set()
        statuses = [answer.result() for answer in answers]
    assert set(statuses) <= {200, 503, 0}
    assert statuses.count(200) >= 10
    assert statuses.count(503) >= 1
    eventually(lambda: try_to_ask(proxy.port) == 200)


def try_to_send(port: int, request: bytes) -> int:
    try:
        with Client(port) as client:
            client.socket.settimeout(20)
            return client.send(request).response().status
    except (Broken, ConnectionError):
        return 0


def test_descriptors_are_given_back(start, own_upstream):
    proxy = start(policy(own_upstream.url, upstream={"pool": {"idleTimeout": "500ms"}}))
    before = proxy.descriptors()
    for _ in range(200):
        assert ask(proxy.port, GET).status == 200
    own_upstream.script(lambda line: line.reset())
    for _ in range(50):
        assert ask(proxy.port, GET).status == 502
    eventually(lambda: proxy.descriptors() <= before)


def test_the_soft_limit_of_descriptors_is_raised_to_the_hard_one(start, own_upstream):
    proxy = start(policy(own_upstream.url), before=["prlimit", "--nofile=64:400"])
    limits = open(f"/proc/{proxy.pid}/limits").read()
    line = next(line for line in limits.splitlines() if line.startswith("Max open files"))
    assert line.split()[3:5] == ["400", "400"]


def test_a_thousand_connections_at_once_are_all_served(start, own_upstream):
    proxy = start(policy(own_upstream.url))
    clients = [Client(proxy.port) for _ in range(1000)]
    for client in clients:
        client.send(GET)
    assert all(client.response().status == 200 for client in clients)
    for client in clients:
        client.close()
    eventually(lambda: proxy.descriptors() < 500)
