"""What the command line makes of a sidecar: --upstream with --cache, and --policy where there are several."""

import json
import subprocess

import pytest
from exchange import ask, chat
from stack import SIDECAR, Sidecar, eventually

CHOICE = {"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}
BODY = json.dumps({"id": "c", "object": "chat.completion", "created": 1, "model": "gpt-4o", "choices": [CHOICE]}).encode()
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(BODY), BODY)


@pytest.fixture
def run(tmp_path):
    """Starts sidecars by their flags, with resources or without."""
    running = []

    def start_one(*flags, document=None, env=None):
        running.append(Sidecar(f"sidecar-{len(running)}", tmp_path, document, list(flags), env))
        return running[-1]

    yield start_one
    for each in running:
        each.stop()


def refusal(*flags) -> str:
    """What a sidecar says that does not start."""
    run = subprocess.run([SIDECAR, *map(str, flags), "--admin", "off"], capture_output=True, text=True, timeout=20)
    assert run.returncode not in (0, None)
    return run.stdout + run.stderr


def messages_of(sidecar) -> list[str]:
    lines = [json.loads(line) for line in sidecar.log.splitlines() if line.startswith("{")]
    return [line["message"] for line in lines if "message" in line]


def printed_resources(sidecar) -> str:
    notes = [text for text in messages_of(sidecar) if text.startswith("--upstream and --cache stand for these resources:\n")]
    return notes[0].partition("\n")[2] if notes else ""


@pytest.mark.parametrize("by_environment", [False, True], ids=["flags", "environment"])
def test_upstream_with_cache_keeps_the_answers_of_clients_without_a_name(upstream, run, by_environment):
    upstream.answer(ANSWER)
    if by_environment:
        sidecar = run(env={"PENSTOCK_UPSTREAM": upstream.url, "PENSTOCK_CACHE": "8Mi"})
    else:
        sidecar = run("--upstream", upstream.url, "--cache", "8Mi")
    answers = [ask(sidecar.data, chat("hello")) for _ in range(3)]
    assert [answer.is_hit for answer in answers] == [False, True, True]
    assert {answer.body for answer in answers} == {BODY}
    assert len(upstream.taken()) == 1
    (tier,) = sidecar.api("/api/cache/stats")["tiers"]
    assert (tier["entries"], tier["sizeBytes"]) == (1, 8 << 20)
    # Whoever has a credential has a cache of its own.
    keys = [{"authorization": f"Bearer {name}"} for name in ("one", "one", "two")]
    assert [ask(sidecar.data, chat("hello"), headers=key).is_hit for key in keys] == [False, True, False]


def test_upstream_with_cache_prints_the_resources_that_it_stands_for(upstream, run):
    sidecar = run("--upstream", upstream.url, "--cache", "8Mi")
    text = eventually(lambda: printed_resources(sidecar))
    assert upstream.url in text and "anonymous: Share" in text
    kinds = {line.removeprefix("kind: ") for line in text.splitlines() if line.startswith("kind: ")}
    assert kinds == {"OptimizationPolicy", "RoutingTable", "CacheTier"}
    written = run(document=text)
    assert written.api("/api/policy")["hash"] == sidecar.api("/api/policy")["hash"]


def test_upstream_without_cache_keeps_nothing_and_prints_nothing(upstream, run):
    upstream.answer(ANSWER)
    sidecar = run("--upstream", upstream.url)
    assert not any("cache-status" in ask(sidecar.data, chat("hello")).headers for _ in range(2))
    assert len(upstream.taken()) == 2
    assert any("ready on" in text for text in messages_of(sidecar))
    assert printed_resources(sidecar) == ""


@pytest.mark.parametrize(
    "flags, said",
    [
        (["--cache", "8Mi"], "--upstream"),
        (["--upstream", "http://127.0.0.1:1", "--cache", "5"], "--cache: must be between 1Mi and 1Ti"),
        (["--upstream", "http://127.0.0.1:1", "--cache", "much"], "--cache: "),
        (["--upstream", "127.0.0.1:1"], "--upstream: must begin with http:// or https://"),
        (["--upstream", "http://127.0.0.1:1", "--resources", "."], "excludes"),
        ([], "give --resources PATH, or --upstream URL"),
    ],
)
def test_flags_that_fit_nothing_are_refused_by_name(flags, said):
    assert said in refusal(*flags)


def two_policies(one: str, two: str) -> str:
    """Two namespaces with a policy and a table each, of the same names."""

    def documents(namespace: str, url: str) -> list[dict]:
        common = {"apiVersion": "penstock.dev/v1alpha1"}
        spec = {"selector": {"matchLabels": {"app": "x"}}, "routing": {"tableRef": {"name": "models"}}}
        backends = [{"name": "model", "url": url, "dialect": "OpenAI"}]
        return [
            {**common, "kind": "OptimizationPolicy", "metadata": {"name": "chat", "namespace": namespace}, "spec": spec},
            {**common, "kind": "RoutingTable", "metadata": {"name": "models", "namespace": namespace}, "spec": {"backends": backends}},
        ]

    return "\n---\n".join(json.dumps(document) for document in documents("red", one) + documents("blue", two))


@pytest.mark.parametrize("name", ["red", "blue"])
def test_policy_names_the_one_of_several_that_runs(upstream, own_upstream, run, name):
    wanted, other = (upstream, own_upstream) if name == "red" else (own_upstream, upstream)
    sidecar = run("--policy", f"{name}/chat", document=two_policies(upstream.url, own_upstream.url))
    assert sidecar.api("/api/policy")["name"] == f"{name}/chat"
    assert ask(sidecar.data, chat("hello")).status == 200
    assert len(wanted.taken()) == 1
    assert other.taken() == []


def test_a_backend_that_is_the_sidecar_itself_is_refused():
    """Each call would come back to it, for ever."""
    assert "is this sidecar itself" in refusal("--upstream", "http://127.0.0.1:8123", "--listen", ":8123", "--check")
    good = [SIDECAR, "--upstream", "http://127.0.0.1:8124", "--listen", ":8123", "--check"]
    assert subprocess.run(good, capture_output=True, timeout=20).returncode == 0


@pytest.mark.parametrize("flags", [[], ["--policy", "green/chat"], ["--policy", "red/other"], ["--policy", "chat"]])
def test_where_none_is_chosen_or_a_wrong_one_the_right_names_are_told(tmp_path, flags):
    resources = tmp_path / "all.yaml"
    resources.write_text(two_policies("http://127.0.0.1:1", "http://127.0.0.1:2"))
    said = refusal("--resources", resources, *flags, "--check")
    assert "red/chat" in said and "blue/chat" in said
    good = [SIDECAR, "--resources", str(resources), "--policy", "blue/chat", "--check"]
    assert subprocess.run(good, capture_output=True, timeout=20).returncode == 0
