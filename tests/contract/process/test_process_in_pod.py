"""What a sidecar does in a pod: files that come, change and go, the hooks of its container, and the engine's hook."""

import json
import subprocess
import threading
import time
import urllib.error
import urllib.request

import pytest
from mounted_config_map import MountedConfigMap
from raw import Client
from stack import SIDECAR, Sidecar, Stack, eventually, fetch

POLICY = {
    "apiVersion": "penstock.dev/v1alpha1",
    "kind": "OptimizationPolicy",
    "metadata": {"name": "chat", "namespace": "ns"},
    "spec": {"selector": {"matchLabels": {"app": "llm"}}},
}


def binding(engine_port: int, **spec) -> dict:
    return {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "PolicyBinding",
        "metadata": {"name": "chat", "namespace": "ns"},
        "spec": {"apiLevel": 1, "policy": "ns/chat", "enginePort": engine_port, **spec},
    }


def files(policy: dict, bound: dict) -> dict:
    return {"policy.json": json.dumps(policy), "binding.json": json.dumps(bound)}


@pytest.fixture
def engine(tmp_path):
    with Stack(tmp_path) as stack:
        yield stack


@pytest.fixture
def config(tmp_path):
    return MountedConfigMap(tmp_path / "policy")


@pytest.fixture
def in_pod(engine, config, tmp_path):
    """Starts the sidecar as injection does."""
    started = []

    def start(**flags) -> Sidecar:
        port = engine.upstream.rpartition(":")[2]
        argv = ["--resources", config.folder, "--engine-port", port, "--drain-delay", "0s"]
        for name, value in flags.items():
            argv += [f"--{name.replace('_', '-')}", value]
        started.append(Sidecar(f"in-pod-{len(started)}", tmp_path, None, argv))
        return started[-1]

    yield start
    for sidecar in started:
        sidecar.stop()


def health(sidecar: Sidecar) -> dict:
    with urllib.request.urlopen(f"{sidecar.status}/readyz", timeout=5) as answer:
        return {name.lower(): value for name, value in answer.headers.items()}


def asks(sidecar: Sidecar, headers: dict | None = None) -> bool:
    """Whether a chat request passes to the engine."""
    body = json.dumps({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hello"}]}).encode()
    request = urllib.request.Request(
        f"{sidecar.data}/v1/chat/completions",
        body,
        {"content-type": "application/json", "authorization": "Bearer k", **(headers or {})},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.status == 200 and "choices" in json.loads(answer.read())


def test_without_files_everything_passes_to_the_engine(in_pod):
    sidecar = in_pod()
    assert asks(sidecar)
    assert "x-penstock-policy-problem" not in health(sidecar)


PROOF = "/.well-known/penstock/proof/"


def test_it_proves_to_the_operator_that_it_is_what_listens(in_pod, config, engine):
    """Also where clients need a key; nobody counts it, and the engine never hears of it."""
    port = int(engine.upstream.rpartition(":")[2])
    sidecar = in_pod()
    assert fetch(f"{sidecar.data}{PROOF}0123456789abcdef") == b"0123456789abcdef"
    guarded = {**POLICY, "spec": {**POLICY["spec"], "listener": {"authentication": {"keysRef": {"name": "k", "key": "k"}}}}}
    (config.folder.parent / "secrets" / "k").mkdir(parents=True)
    (config.folder.parent / "secrets" / "k" / "k").write_text("client-key")
    empty = health(sidecar)["x-penstock-policy"]
    sidecar.stop()
    config.write(files(guarded, binding(port, secretsPath=str(config.folder.parent / "secrets"))))
    sidecar = in_pod(secrets_dir=config.folder.parent / "secrets")
    assert health(sidecar)["x-penstock-policy"] != empty
    assert fetch(f"{sidecar.data}{PROOF}ab") == b"ab"
    assert engine.journal() == []
    assert sidecar.api("/api/requests")["requests"] == []


def test_a_body_behind_the_question_for_the_proof_is_no_request(in_pod, engine):
    """It would be answered, and who shares the connection would take that for the answer to its own."""
    sidecar = in_pod()
    body = b"GET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n"
    head = b"GET " + PROOF.encode() + b"ab HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body)
    with Client(int(sidecar.data.rpartition(":")[2])) as client:
        answer = client.send(head + body).response()
        assert (answer.body, answer.value(b"connection")) == (b"ab", b"close")
        assert client.rest() == b""
    assert engine.journal() == []


def test_http2_is_no_way_past_the_keys(in_pod, config, engine):
    """Nobody here reads what a key would stand in."""
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    port = int(engine.upstream.rpartition(":")[2])
    secrets_dir = config.folder.parent / "secrets"
    (secrets_dir / "k").mkdir(parents=True)
    (secrets_dir / "k" / "k").write_text("client-key")
    guarded = {**POLICY, "spec": {**POLICY["spec"], "listener": {"authentication": {"keysRef": {"name": "k", "key": "k"}}}}}
    config.write(files(guarded, binding(port, secretsPath=str(secrets_dir))))
    sidecar = in_pod(secrets_dir=secrets_dir)
    with Client(int(sidecar.data.rpartition(":")[2])) as client:
        assert client.send(preface).response().status == 505


def test_a_table_names_the_engine_by_the_port_that_it_had(in_pod, config, engine):
    """Which is the sidecar's now: a call there would come back for ever."""
    sidecar = in_pod()
    empty = health(sidecar)["x-penstock-policy"]
    own = int(sidecar.data.rpartition(":")[2])
    policy = {**POLICY, "spec": {**POLICY["spec"], "routing": {"tableRef": {"name": "models"}}}}
    table = {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "RoutingTable",
        "metadata": {"name": "models", "namespace": "ns"},
        "spec": {"backends": [{"name": "local", "url": f"http://127.0.0.1:{own}", "dialect": "OpenAI"}]},
    }
    bound = binding(int(engine.upstream.rpartition(":")[2]))
    config.write({**files(policy, bound), "table-models.json": json.dumps(table)})
    eventually(lambda: health(sidecar)["x-penstock-policy"] != empty)
    assert asks(sidecar)
    assert len(engine.journal()) == 1
    assert [call["backend"] for call in sidecar.api("/api/requests")["requests"]] == ["local"]


@pytest.mark.parametrize("path", [PROOF, PROOF + "XYZ", PROOF + "0" * 65, PROOF + "ab/cd"])
def test_what_only_looks_like_it_is_the_engines(in_pod, engine, path):
    sidecar = in_pod()
    with pytest.raises(urllib.error.HTTPError):
        fetch(sidecar.data + path)
    assert [entry["target"] for entry in engine.journal()] == [path]


def test_files_come_change_and_go(in_pod, config, engine):
    sidecar = in_pod()
    empty = health(sidecar)["x-penstock-policy"]
    port = int(engine.upstream.rpartition(":")[2])
    config.write(files(POLICY, binding(port)))
    first = eventually(lambda: (h := health(sidecar)["x-penstock-policy"]) != empty and h)
    assert asks(sidecar)
    changed = {**POLICY, "spec": {**POLICY["spec"], "mode": "Off"}}
    config.write(files(changed, binding(port)))
    eventually(lambda: health(sidecar)["x-penstock-policy"] not in (empty, first))
    config.write({})
    eventually(lambda: health(sidecar)["x-penstock-policy"] == empty)
    assert asks(sidecar)


def test_its_own_engine_goes_before_that_of_a_delivery(in_pod, config, engine):
    """Made for another version of the workload, whose engine listens elsewhere: nothing does so here."""
    sidecar = in_pod()
    empty = health(sidecar)["x-penstock-policy"]
    config.write(files(POLICY, binding(1)))
    eventually(lambda: health(sidecar)["x-penstock-policy"] != empty)
    assert "x-penstock-policy-problem" not in health(sidecar)
    assert asks(sidecar)
    told_elsewhere = health(sidecar)["x-penstock-policy"]
    bound = binding(1)
    del bound["spec"]["enginePort"]
    config.write(files(POLICY, bound))
    eventually(lambda: health(sidecar)["x-penstock-policy"] != told_elsewhere)
    assert "x-penstock-policy-problem" not in health(sidecar)
    assert asks(sidecar)
    assert len(engine.journal()) == 2


def test_a_bad_version_is_told_of_and_the_last_good_one_stays(in_pod, config, engine):
    port = int(engine.upstream.rpartition(":")[2])
    config.write(files(POLICY, binding(port)))
    sidecar = in_pod()
    good = health(sidecar)["x-penstock-policy"]
    config.write(files(POLICY, binding(port, requires=["OptimizationPolicy.spec.magic"])))
    eventually(lambda: health(sidecar).get("x-penstock-policy-problem") == "refused")
    assert health(sidecar)["x-penstock-policy"] == good
    assert asks(sidecar)


def test_a_sidecar_that_starts_with_a_bad_version_lets_requests_pass(in_pod, config):
    config.write(files({**POLICY, "spec": {}}, binding(1)))
    sidecar = in_pod()
    assert health(sidecar)["x-penstock-policy-problem"] == "refused"
    assert asks(sidecar)


def hook(sidecar: Sidecar, command: str) -> subprocess.CompletedProcess:
    address = sidecar.admin.removeprefix("http://")
    return subprocess.run([SIDECAR, command, "--admin", address], capture_output=True, text=True, timeout=60)


def test_the_hooks_of_its_container(in_pod):
    sidecar = in_pod()
    assert hook(sidecar, "wait").returncode == 0
    drained = hook(sidecar, "drain")
    assert drained.returncode == 0, drained.stderr
    assert sidecar.popen.wait(10) == 0
    gone = hook(sidecar, "drain")
    assert gone.returncode == 1
    assert "no sidecar answers" in gone.stderr


def test_the_engines_hook_waits_for_the_drain_to_begin_and_end(in_pod, engine, tag):
    sidecar = in_pod()
    answers = {}

    def ask(name: str, call) -> threading.Thread:
        thread = threading.Thread(target=lambda: answers.update({name: call()}))
        thread.start()
        return thread

    call = ask("call", lambda: asks(sidecar, {"x-simulate": f"hold={tag}"}))
    eventually(lambda: sidecar.api("/api/dashboard/summary")["requests"]["inFlight"] == 1)
    engine_hook = ask("hook", lambda: fetch(f"{sidecar.status}/drained", timeout=30))  # first, as on a real node
    assert hook(sidecar, "drain").returncode == 0
    engine_hook.join(3)
    assert answers == {}, "the call is still running"
    engine.release(tag)
    call.join(10)
    engine_hook.join(10)
    assert answers == {"call": True, "hook": b'{"status":"drained"}'}


def test_an_engine_that_ends_alone_waits_two_seconds(in_pod):
    sidecar = in_pod()
    began = time.monotonic()
    assert json.loads(fetch(f"{sidecar.status}/drained", timeout=30)) == {"status": "ready"}
    assert 1.9 < time.monotonic() - began < 4


def test_a_signal_in_an_idle_pod_ends_it_at_once(in_pod):
    sidecar = in_pod(drain_grace="60s")
    began = time.monotonic()
    sidecar.popen.terminate()
    assert sidecar.popen.wait(10) == 0
    assert time.monotonic() - began < 2
