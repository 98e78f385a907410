"""Which backend a call goes to, and what its settings do to the call."""

import json

import pytest
from proxy import CACHING, MEMORY, documents
from raw import Client, ask
from scripted import Upstream
from stack import eventually, fetch

USAGE = '"usage":{"prompt_tokens":1000,"completion_tokens":500,"total_tokens":1500}'


def answer(name: str) -> bytes:
    choices = [{"index": 0, "message": {"role": "assistant", "content": name}, "finish_reason": "stop"}]
    body = ('{"object":"chat.completion","model":"%s",%s,"choices":%s}' % (name, USAGE, json.dumps(choices))).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)


STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 14\r\n\r\ndata: [DONE]\n\n"
FAILURE = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"


def api(proxy, path: str):
    return json.loads(fetch(proxy.admin_url + path))


def call(model: str, stream: bool = False, headers: dict | None = None, **body) -> bytes:
    text = json.dumps({"model": model, "messages": [{"role": "user", "content": "hi"}], "stream": stream, **body})
    fields = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\n{fields}content-length: {len(text)}\r\n\r\n"
    return (head + text).encode()


@pytest.fixture
def upstreams():
    """Three of them, each telling its name."""
    servers = {name: Upstream() for name in ("one", "two", "three")}
    for name, server in servers.items():
        server.answer(answer(name))
    yield servers
    for server in servers.values():
        server.stop()


def routed(upstreams, routes, spec=None, tiers=None, **backends) -> str:
    rows = [
        {"name": name, "url": server.url, "dialect": "OpenAI", **backends.get(name, {})}
        for name, server in upstreams.items()
    ]
    body = {
        "selector": {"matchLabels": {"app": "routing"}},
        "listener": {},
        "upstream": {},
        "routing": {"tableRef": {"name": "models"}},
        **(spec or {}),
    }
    return documents(body, rows, routes, tiers)


def to(*names: str, **more) -> dict:
    return {"backends": [{"name": name} for name in names], **more}


def who(response) -> str:
    return json.loads(response.body)["model"]


def test_the_first_route_that_matches_wins(upstreams, start):
    routes = [
        to("one", match={"models": ["gpt-4o*"]}),
        to("two", match={"headers": {"x-team": "blue"}}),
        to("three"),
    ]
    proxy = start(routed(upstreams, routes))
    assert who(ask(proxy.port, call("gpt-4o-mini"))) == "one"
    assert who(ask(proxy.port, call("gpt-4o", headers={"x-team": "blue"}))) == "one"
    assert who(ask(proxy.port, call("gpt-4.1", headers={"X-Team": "blue"}))) == "two"
    assert who(ask(proxy.port, call("gpt-4.1", headers={"x-team": "red"}))) == "three"


def test_weights_share_the_calls_out(upstreams, start):
    shares = [{"name": "one", "weight": 3}, {"name": "two", "weight": 1}, {"name": "three", "weight": 0}]
    proxy = start(routed(upstreams, [{"backends": shares}]))
    with Client(proxy.port) as client:
        for _ in range(400):
            client.send(call("m")).response()
    one, two, three = (len(upstreams[name].taken()) for name in ("one", "two", "three"))
    assert one + two == 400 and three == 0
    assert 240 < one < 360  # 300, and four standard deviations of a fair draw more are 35


def test_a_failed_backend_is_ejected_its_fallback_answers_and_it_comes_back(upstreams, start):
    proxy = start(routed(upstreams, [to("one", fallback=["two"])]), admin=True)
    upstreams["one"].answer(FAILURE)
    assert who(ask(proxy.port, call("m"))) == "two", "the same call, at the fallback"

    def healthy():
        return {row["name"]: row["healthy"] for row in api(proxy, "/api/backends")["backends"]}

    # A few failures in a row do it; not each need be retried, for retries have a budget.
    eventually(lambda: ask(proxy.port, call("m")) and not healthy()["one"])
    assert healthy() == {"one": False, "two": True, "three": True}
    connections = {row["name"]: row["openConnections"] for row in api(proxy, "/api/backends")["backends"]}
    assert connections["two"] >= 1 and connections["three"] == 0
    upstreams["one"].taken()
    for _ in range(20):
        assert who(ask(proxy.port, call("m"))) == "two"
    assert len(upstreams["one"].taken()) <= 1, "an ejected backend is not asked, but to see whether it is back"
    upstreams["one"].answer(answer("one"))
    eventually(lambda: who(ask(proxy.port, call("m"))) == "one", 30)
    assert healthy()["one"]


def test_a_fallbacks_answer_is_not_kept(upstreams, start):
    spec = {"caching": CACHING}
    proxy = start(routed(upstreams, [to("one", fallback=["two"])], spec, MEMORY))
    upstreams["one"].answer(FAILURE, answer("one"))
    assert who(ask(proxy.port, call("m"))) == "two"
    eventually(lambda: who(ask(proxy.port, call("m"))) == "one", 30)
    assert ask(proxy.port, call("m")).value(b"cache-status").startswith(b"Penstock; hit")


def test_without_a_fallback_the_failure_is_told_as_it_is(upstreams, start):
    proxy = start(routed(upstreams, [to("one")]))
    upstreams["one"].answer(FAILURE)
    assert ask(proxy.port, call("m")).status == 503


@pytest.mark.parametrize("wish, asked", [("Auto", True), ("Always", True), ("Never", False)])
def test_stream_usage_is_asked_for_as_the_backend_says(upstreams, start, wish, asked):
    events = b'data: {"choices":[],%s}\n\ndata: [DONE]\n\n' % USAGE.encode()
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: %d\r\n\r\n" % len(events)
    upstreams["one"].answer(head + events)
    proxy = start(routed(upstreams, [to("one")], one={"streamUsage": wish}), admin=True)
    response = ask(proxy.port, call("m", stream=True))
    sent = json.loads(upstreams["one"].take().body)
    assert (sent.get("stream_options") == {"include_usage": True}) == asked
    # What was not asked for here stays in: the server tells it of itself.
    assert (b'"usage"' in response.body) != asked
    record = eventually(lambda: api(proxy, "/api/requests")["requests"])[0]
    assert record["usage"]["output"] == 500


def test_a_backends_credential_replaces_the_clients(upstreams, start, tmp_path):
    folder = tmp_path / "secrets" / "one-key"
    folder.mkdir(parents=True)
    (folder / "key").write_text("sk-of-the-backend\n")
    credentials = {"credentials": {"secretRef": {"name": "one-key", "key": "key"}}}
    routes = [to("one", match={"models": ["a"]}), to("two")]
    proxy = start(routed(upstreams, routes, one=credentials), flags=("--secrets-dir", str(tmp_path / "secrets")))
    own = {"authorization": "Bearer sk-of-the-client", "api-key": "sk-azure", "x-api-key": "sk-x"}
    ask(proxy.port, call("a", headers=own))
    ask(proxy.port, call("b", headers=own))
    replaced, kept = upstreams["one"].take(), upstreams["two"].take()
    assert replaced.value(b"authorization") == b"Bearer sk-of-the-backend"
    assert replaced.value(b"api-key") is None and replaced.value(b"x-api-key") is None
    assert kept.value(b"authorization") == b"Bearer sk-of-the-client"
    assert kept.value(b"api-key") == b"sk-azure"


def test_prices_come_from_the_table_and_then_from_files(upstreams, start, tmp_path):
    listed = {"two": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1e-06}}
    listed["two"]["output_cost_per_token"] = 4e-06
    (tmp_path / "prices.json").write_text(json.dumps(listed))
    table = {"models": [{"name": "one", "price": {"input": "2", "output": "10"}}, {"name": "two"}, {"name": "three"}]}
    routes = [to("one", match={"models": ["one"]}), to("two", match={"models": ["two"]}), to("three")]
    text = routed(upstreams, routes, **dict.fromkeys(upstreams, table))
    policy, routing = text.split("\n---\n")
    routing = json.loads(routing)
    routing["spec"]["priceFiles"] = [{"format": "LiteLLM", "path": str(tmp_path / "prices.json")}]
    proxy = start(policy + "\n---\n" + json.dumps(routing), admin=True)
    for name in upstreams:
        ask(proxy.port, call(name))
    records = eventually(lambda: (rows := api(proxy, "/api/requests")["requests"])[2:] and rows)
    costs = {row["model"]: row.get("costUsd") for row in records}
    assert float(costs["one"]) == pytest.approx(0.007)
    assert float(costs["two"]) == pytest.approx(0.003)
    assert costs["three"] is None
    assert proxy.metric(r'penstock_unpriced_requests_total\{reason="no_price_for_model"\}') == 1
