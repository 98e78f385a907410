"""Which upstream connection a request gets: the pool's order and limits, and what a closed one costs."""

import threading
import time

import pytest
from proxy import policy
from raw import Client, ask
from scripted import OK
from stack import eventually

GET = b"GET /v1/models HTTP/1.1\r\nhost: a\r\n\r\n"


@pytest.fixture
def gated(own_upstream):
    """Holds every answer until the gate of its connection's number is set."""
    gates = {number: threading.Event() for number in range(1, 10)}

    def script(line):
        gates[line.number].wait(10)
        line.send(OK)

    own_upstream.script(script)
    yield gates
    for gate in gates.values():
        gate.set()


def both_busy(proxy, own_upstream, gates) -> tuple[Client, Client]:
    """Two clients whose requests wait on the upstream's connections 1 and 2; ends them in that order."""
    first, second = Client(proxy.port), Client(proxy.port)
    for number, client in ((1, first), (2, second)):
        client.send(GET)
        assert own_upstream.take().connection == number
    for number, client in ((1, first), (2, second)):
        gates[number].set()
        assert client.response().status == 200
    return first, second


@pytest.mark.parametrize("who", [0, 1])
def test_the_connection_that_came_back_last_goes_out_first(start, own_upstream, gated, who):
    proxy = start(policy(own_upstream.url))
    clients = both_busy(proxy, own_upstream, gated)
    for _ in range(5):
        assert clients[who].send(GET).response().status == 200
        assert own_upstream.take().connection == 2
    for client in clients:
        client.close()


@pytest.mark.parametrize("most, opened", [(0, 4), (1, 3), (2, 2)])
def test_no_more_are_kept_than_the_policy_says(start, own_upstream, gated, most, opened):
    proxy = start(policy(own_upstream.url, upstream={"pool": {"maxIdle": most}}), admin=True)
    clients = both_busy(proxy, own_upstream, gated)
    for number in gated:
        gated[number].clear()
    for client in clients:
        client.send(GET)
        own_upstream.take()
    assert own_upstream.connections == opened
    for number in gated:
        gated[number].set()
    for client in clients:
        assert client.response().status == 200
        client.close()


def test_none_is_used_beyond_its_age_though_it_is_never_idle(start, own_upstream):
    proxy = start(policy(own_upstream.url, upstream={"pool": {"maxAge": "300ms"}}))
    begin = time.monotonic()
    with Client(proxy.port) as client:
        while True:
            assert client.send(GET).response().status == 200
            if own_upstream.take().connection == 2:
                break
            assert time.monotonic() - begin < 5
    assert time.monotonic() - begin >= 0.3
    assert own_upstream.connections == 2


def test_one_that_was_closed_counts_no_more(start, own_upstream):
    proxy = start(policy(own_upstream.url, upstream={"pool": {"maxIdle": 0}}), admin=True)
    for _ in range(5):
        assert ask(proxy.port, GET).status == 200
    eventually(lambda: proxy.metric(r'penstock_connections\{[^}]*"upstream"') == 0)
    assert proxy.metric("penstock_upstream_connections_opened_total") == 5


def test_one_that_the_upstream_closed_while_it_was_idle_is_not_used(start, own_upstream):
    own_upstream.script(lambda line: line.send(OK).close())
    proxy = start(policy(own_upstream.url), admin=True)
    never = threading.Event()
    for _ in range(5):
        assert ask(proxy.port, GET).status == 200
        never.wait(0.05)  # long enough for the proxy to look before it uses it
    assert proxy.metric("penstock_upstream_connections_reused_total") == 0
    assert proxy.metric("penstock_upstream_connections_opened_total") == 5


@pytest.mark.parametrize("end", ["close", "reset"])
def test_one_that_the_upstream_closes_right_behind_its_answer_costs_no_request(start, own_upstream, end):
    """Whether the proxy saw the end, looked for it or found it by trying: no request is lost, and none comes twice."""
    own_upstream.script(lambda line: getattr(line.send(OK), end)())
    proxy = start(policy(own_upstream.url), admin=True)
    with Client(proxy.port) as client:
        for _ in range(100):
            assert client.send(GET).response().status == 200
    assert len(own_upstream.taken()) == 100
    assert proxy.metric("penstock_upstream_connections_opened_total") == 100
