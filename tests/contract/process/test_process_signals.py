"""What a sidecar tells the autoscaler (/api/signals): its counters, its latencies, and what the engine says of itself."""

import json
import threading
import time

import pytest
from exchange import chat
from proxy import CACHING, MEMORY, documents, policy
from raw import Client, ask
from stack import SIDECAR, Process, eventually, fetch

SPEC = {"selector": {"matchLabels": {"app": "wire"}}, "routing": {"tableRef": {"name": "models"}}}

USAGE = {"prompt_tokens": 100, "completion_tokens": 21, "prompt_tokens_details": {"cached_tokens": 40}}


def reply(content: bytes, kind: bytes = b"application/json") -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-type: %s\r\ncontent-length: %d\r\n\r\n%s" % (kind, len(content), content)


def answer(**fields) -> bytes:
    message = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello"}}
    body = {"id": "c1", "object": "chat.completion", "model": "gpt-4o", "choices": [message], "usage": USAGE, **fields}
    return reply(json.dumps(body).encode())


def event(**fields) -> bytes:
    return b"data: " + json.dumps({"id": "c1", "model": "gpt-4o", **fields}).encode() + b"\n\n"


STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
FIRST = event(choices=[{"index": 0, "delta": {"content": "Hel"}}])
LAST = event(choices=[{"index": 0, "delta": {"content": "lo"}, "finish_reason": "stop"}])
END = event(choices=[], usage=USAGE) + b"data: [DONE]\n\n"


def post(body: bytes) -> bytes:
    return b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)


def signals(proxy) -> dict:
    return json.loads(fetch(f"{proxy.admin_url}/api/signals"))


def settled(proxy) -> dict:
    """Once everything that began has ended and was counted."""
    def look():
        now = signals(proxy)
        return now if now["requests"]["started"] == now["requests"]["finished"] and now["running"] == 0 else None

    return eventually(look)


def count(histogram: dict) -> int:
    return sum(histogram["buckets"][1::2])


def first_bucket(histogram: dict) -> int:
    return histogram["buckets"][0]


def bucket_of(micros: int) -> int:
    """As docs/design/signals.md defines it."""
    if micros < 8:
        return micros
    octave = micros.bit_length() - 4
    return min(8 * (octave + 1) + (micros >> octave) % 8, 239)


def test_a_new_process_has_counted_nothing(upstream, start):
    proxy = start(policy(upstream.url), admin=True)
    new = signals(proxy)
    assert new["version"] == 1 and len(new["startId"]) == 16 and new["uptimeMs"] >= 0
    assert set(new["requests"].values()) == set(new["tokens"].values()) == set(new["cache"].values()) == {0}
    assert new["running"] == new["waiting"] == 0
    assert new["timeToFirstToken"] == new["timePerOutputToken"] == {"sumUs": 0, "buckets": []}
    assert "engine" not in new


def test_an_answer_that_is_no_stream_counts_tokens_but_no_first_token(upstream, start):
    """When its first token was made nobody outside of the engine can see."""
    proxy = start(policy(upstream.url), admin=True)
    upstream.answer(answer())
    assert ask(proxy.port, post(chat("hello"))).status == 200
    now = settled(proxy)
    assert now["requests"] == {"started": 1, "finished": 1, "clientErrors": 0, "upstreamErrors": 0, "ownErrors": 0}
    assert now["calls"] == {"started": 1, "finished": 1}
    assert now["tokens"] == {"prefill": 100, "prefixCached": 40, "decode": 21, "savedPrompt": 0, "savedCompletion": 0}
    assert count(now["timeToFirstToken"]) == count(now["timePerOutputToken"]) == 0


def test_a_stream_tells_its_first_token_and_the_pace_of_the_others(upstream, start):
    proxy = start(policy(upstream.url), admin=True)

    pause = threading.Event()

    def script(line):
        line.send(STREAM_HEAD)
        pause.wait(0.1)
        line.send(FIRST)
        pause.wait(0.2)
        line.send(LAST + END).close()

    upstream.script(script)
    before = time.monotonic()
    assert ask(proxy.port, post(chat("hello", stream=True))).status == 200
    most = int((time.monotonic() - before) * 1e6)
    now = settled(proxy)
    first, pace = now["timeToFirstToken"], now["timePerOutputToken"]
    assert count(first) == count(pace) == 1
    assert 100_000 <= first["sumUs"] <= most - 200_000
    assert 200_000 // 20 <= pace["sumUs"] <= most // 20
    assert first_bucket(first) == bucket_of(first["sumUs"]) and first_bucket(pace) == bucket_of(pace["sumUs"])


def test_what_the_cache_answers_is_saved_and_never_reaches_the_engine(upstream, start):
    backend = {"name": "model", "url": upstream.url, "dialect": "OpenAI"}
    proxy = start(documents({**SPEC, "caching": CACHING}, [backend], tiers=MEMORY), admin=True)
    upstream.answer(answer())
    for _ in range(3):
        assert ask(proxy.port, post(chat("hello"))).status == 200
    now = settled(proxy)
    assert len(upstream.taken()) == 1
    assert now["requests"]["finished"] == 3 and now["calls"]["finished"] == 1
    assert now["cache"] == {"hits": 2, "partialHits": 0, "misses": 1, "joins": 0}
    assert now["tokens"] == {"prefill": 100, "prefixCached": 40, "decode": 21, "savedPrompt": 200, "savedCompletion": 42}


def test_callers_that_join_wait_for_one_call(upstream, start):
    backend = {"name": "model", "url": upstream.url, "dialect": "OpenAI"}
    proxy = start(documents({**SPEC, "caching": CACHING}, [backend], tiers=MEMORY), admin=True)
    held = []
    upstream.script(held.append)
    clients = [Client(proxy.port) for _ in range(3)]
    for client in clients:
        client.send(post(chat("hello")))
    now = eventually(lambda: (seen := signals(proxy))["requests"]["started"] == 3 and held and seen)
    assert (now["running"], now["waiting"]) == (1, 2)
    held[0].send(answer())
    now = settled(proxy)
    for client in clients:
        client.close()
    assert now["cache"]["joins"] == 2 and now["calls"] == {"started": 1, "finished": 1}
    assert (now["tokens"]["prefill"], now["tokens"]["savedPrompt"]) == (100, 200)


@pytest.mark.parametrize(
    ("says", "side"),
    [
        (b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n", "upstreamErrors"),
        (b"HTTP/1.1 429 No\r\ncontent-length: 0\r\n\r\n", "upstreamErrors"),
        (b"HTTP/1.1 400 No\r\ncontent-length: 0\r\n\r\n", "clientErrors"),
        (b"nonsense\r\n\r\n", "upstreamErrors"),
    ],
)
def test_errors_stand_with_who_is_at_fault(upstream, start, says, side):
    proxy = start(policy(upstream.url), admin=True)
    upstream.answer(says)
    assert ask(proxy.port, post(chat("hello"))).status >= 400
    now = settled(proxy)
    errors = {name: now["requests"][name] for name in ("clientErrors", "upstreamErrors", "ownErrors")}
    assert errors == {"clientErrors": 0, "upstreamErrors": 0, "ownErrors": 0, side: 1}
    assert now["tokens"]["prefill"] == now["tokens"]["decode"] == 0


def test_a_client_that_leaves_is_its_own_fault(upstream, start):
    proxy = start(policy(upstream.url), admin=True)
    upstream.script(lambda line: line.wait_gone())
    client = Client(proxy.port)
    client.send(post(chat("hello")))
    eventually(lambda: signals(proxy)["running"] == 1)
    client.close()
    now = settled(proxy)
    assert now["requests"]["clientErrors"] == 1 and now["requests"]["upstreamErrors"] == 0


def test_a_limit_of_ours_is_ours(upstream, start):
    proxy = start(policy(upstream.url, listener={"limits": {"requestsInFlight": 1}}), admin=True)
    held = []
    upstream.script(held.append)
    with Client(proxy.port) as first:
        first.send(post(chat("hello")))
        eventually(lambda: held)
        assert ask(proxy.port, post(chat("hello"))).status == 503
        held[0].send(answer())
        assert settled(proxy)["requests"] == {
            "started": 2, "finished": 2, "clientErrors": 0, "upstreamErrors": 0, "ownErrors": 1,
        }


def test_only_model_calls_are_counted(upstream, start):
    proxy = start(policy(upstream.url), admin=True)
    assert ask(proxy.port, b"GET /v1/models HTTP/1.1\r\nhost: a\r\n\r\n").status == 200
    now = signals(proxy)
    assert now["requests"]["started"] == now["calls"]["started"] == 0


def test_counters_outlive_a_new_policy_and_begin_anew_with_the_process(upstream, start):
    proxy = start(policy(upstream.url), admin=True)
    upstream.answer(answer())
    assert ask(proxy.port, post(chat("hello"))).status == 200
    before = settled(proxy)
    proxy.resources.write_text(policy(upstream.url, observability={"recentRequests": 7}))
    proxy.says("is active")
    assert ask(proxy.port, post(chat("hello"))).status == 200
    after = settled(proxy)
    assert after["startId"] == before["startId"] and after["uptimeMs"] >= before["uptimeMs"]
    assert after["requests"]["finished"] == 2 and after["tokens"]["decode"] == 42
    proxy.stop()
    again = signals(start(proxy.resources, admin=True))
    assert again["startId"] != before["startId"] and again["requests"]["started"] == 0


def test_the_status_listener_tells_it_to_everybody(tmp_path, upstream, start):
    """As it does /metrics, and whether or not there is a bearer for other paths: the operator may read no Secret."""
    (tmp_path / "token").write_text("s3cret\n")
    proxy = start(policy(upstream.url), flags=("--status-token-file", tmp_path / "token"), admin=True)
    assert json.loads(fetch(f"{proxy.status_url}/api/signals"))["version"] == 1


VLLM = b"""# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="m"} 3.0
vllm:num_requests_waiting{engine="0",model_name="m"} 0.0
vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.25
vllm:num_preemptions_total{engine="0",model_name="m"} 2.0
vllm:cache_config_info{block_size="16",engine="0",num_gpu_blocks="1000"} 1.0
"""
VLLM_LOAD = {"name": "vllm", "running": 3, "waiting": 0, "kvUsage": 0.25, "preemptions": 2, "kvCapacityTokens": 16000}


def engine_of(proxy) -> dict | None:
    engine = signals(proxy).get("engine")
    if engine:
        assert engine.pop("ageMs") >= 0
    return engine


def asked_by_looking(proxy, engine):
    """The next request that the engine gets while somebody looks."""
    return eventually(lambda: signals(proxy) and engine.taken())[0]


def engine_flag(engine, path: str = "/metrics") -> tuple:
    return ("--engine-metrics", engine.url + path)


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_what_the_engine_says_of_itself(upstream, own_upstream, start, framing):
    if framing == "length":
        own_upstream.answer(reply(VLLM, b"text/plain; version=0.0.4"))
    elif framing == "chunked":
        half = len(VLLM) // 2
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (VLLM[:half], VLLM[half:], b""))
        own_upstream.answer(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + chunks)
    else:
        own_upstream.script(lambda line: line.send(b"HTTP/1.1 200 OK\r\n\r\n" + VLLM).close())
    proxy = start(policy(upstream.url), flags=engine_flag(own_upstream), admin=True)
    assert own_upstream.taken() == []  # nobody wants to know yet
    assert eventually(lambda: engine_of(proxy)) == VLLM_LOAD
    asked = own_upstream.take()
    assert asked.target == b"/metrics" and asked.value(b"host") == own_upstream.authority.encode()
    assert own_upstream.faults == [] and upstream.taken() == []


def test_the_engine_is_asked_once_a_second_however_often_we_are(upstream, own_upstream, start):
    own_upstream.answer(reply(VLLM))
    proxy = start(policy(upstream.url), flags=engine_flag(own_upstream), admin=True)
    began = time.monotonic()
    while time.monotonic() < began + 2.0:
        signals(proxy)
    asked = len(own_upstream.taken())
    assert 1 <= asked <= int((time.monotonic() - began) / 0.9) + 1


def test_a_silent_engine_holds_nothing_up_and_its_last_words_age(upstream, own_upstream, start):
    own_upstream.answer(reply(VLLM))
    proxy = start(policy(upstream.url), flags=engine_flag(own_upstream, ""), admin=True)
    eventually(lambda: engine_of(proxy))
    assert own_upstream.take().target == b"/metrics"
    own_upstream.script(lambda line: line.wait_gone(30))
    asked_by_looking(proxy, own_upstream)
    began = time.monotonic()
    ages = [signals(proxy)["engine"]["ageMs"] for _ in range(50)]
    assert time.monotonic() - began < 2
    assert ages == sorted(ages)
    eventually(lambda: signals(proxy)["engine"]["ageMs"] > 1_500)
    assert engine_of(proxy) == VLLM_LOAD
    proxy.drain()
    assert proxy.exit_status() == 0


@pytest.mark.parametrize(
    "says",
    [
        b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\ncontent-length: 9999999\r\n\r\n" + b"vllm:num_requests_running 1\n" * 40_000,
        b"nonsense\r\n\r\n",
    ],
)
def test_an_engine_without_metrics_is_left_alone(upstream, own_upstream, start, says):
    own_upstream.script(lambda line: line.send(says).close())
    proxy = start(policy(upstream.url), flags=engine_flag(own_upstream), admin=True)
    signals(proxy)
    own_upstream.take()
    began = time.monotonic()
    while time.monotonic() < began + 1.1:
        assert "engine" not in signals(proxy)
    assert own_upstream.taken() == []


def in_pod(engine) -> str:
    """A policy and what the operator adds to it, for an engine beside."""
    documents = [
        {"kind": "OptimizationPolicy", "spec": {"selector": {"matchLabels": {"app": "wire"}}}},
        {"kind": "PolicyBinding", "spec": {"apiLevel": 1, "policy": "ns/chat", "enginePort": engine.port}},
    ]
    about = {"apiVersion": "penstock.dev/v1alpha1", "metadata": {"name": "chat", "namespace": "ns"}}
    return "\n---\n".join(json.dumps({**about, **document}) for document in documents)


def test_in_a_pod_the_engine_beside_is_asked(upstream, start):
    upstream.answer(reply(VLLM))
    proxy = start(in_pod(upstream), admin=True)
    assert eventually(lambda: engine_of(proxy)) == VLLM_LOAD
    assert upstream.take().target == b"/metrics"


def test_in_a_pod_trtllm_serves_it_elsewhere(upstream, start):
    metrics = b"trtllm_num_requests_running{model_name=\"m\"} 4.0\ntrtllm_kv_cache_utilization 0.5\n"

    def script(line):
        line.send(reply(metrics if line.request.target == b"/prometheus/metrics" else b"[]"))

    upstream.script(script)
    proxy = start(in_pod(upstream), admin=True)
    assert eventually(lambda: engine_of(proxy)) == {"name": "trtllm", "running": 4, "kvUsage": 0.5}
    assert [request.target for request in upstream.taken()] == [b"/metrics", b"/prometheus/metrics"]
    assert asked_by_looking(proxy, upstream).target == b"/prometheus/metrics"


@pytest.mark.parametrize("url", ["https://127.0.0.1:1/metrics", "127.0.0.1:8000", "http://u:p@a/metrics"])
def test_a_wrong_url_is_refused(tmp_path, url):
    process = Process("refused", [SIDECAR, "--upstream", "http://127.0.0.1:1", "--engine-metrics", url], tmp_path)
    assert process.popen.wait(timeout=20) == 2
    assert "--engine-metrics" in process.log and "u:p" not in process.log
