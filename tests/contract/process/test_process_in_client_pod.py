"""What a sidecar does in a client's pod: calls of each SDK go to the host that they were meant for."""

import json
import urllib.request

import pytest
from mounted_config_map import MountedConfigMap
from stack import Sidecar, Stack, eventually
from test_process_in_pod import POLICY, binding, files, health

OPENAI = {"authorization": "Bearer k"}
ANTHROPIC = {"x-api-key": "k", "anthropic-version": "2023-06-01"}


@pytest.fixture
def providers(tmp_path):
    """One server for each; both speak both dialects, so only their journals tell them apart."""
    folders = [tmp_path / name for name in ("openai", "anthropic")]
    for folder in folders:
        folder.mkdir()
    with Stack(folders[0]) as openai, Stack(folders[1]) as anthropic:
        yield openai, anthropic


@pytest.fixture
def client_pod(providers, tmp_path):
    openai, anthropic = providers
    config = MountedConfigMap(tmp_path / "policy")
    flags = ["--resources", config.folder, "--openai-url", openai.upstream, "--anthropic-url", anthropic.upstream]
    sidecar = Sidecar("in-client-pod", tmp_path, None, flags)
    yield sidecar, config
    sidecar.stop()


def ask(sidecar: Sidecar, path: str, headers: dict, body: dict | None = None) -> int:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(sidecar.data + path, data, {"content-type": "application/json", **headers})
    with urllib.request.urlopen(request, timeout=10) as answer:
        answer.read()
        return answer.status


def targets(provider: Stack) -> list[str]:
    return [entry["target"] for entry in provider.journal()]


CHAT = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hello"}]}
MESSAGES = {"model": "claude-haiku-4-5", "max_tokens": 5, "messages": [{"role": "user", "content": "hello"}]}


def ask_both(sidecar: Sidecar) -> None:
    assert ask(sidecar, "/v1/chat/completions", OPENAI, CHAT) == 200
    assert ask(sidecar, "/v1/messages", ANTHROPIC, MESSAGES) == 200
    assert ask(sidecar, "/v1/models", OPENAI) == 200
    assert ask(sidecar, "/v1/models", ANTHROPIC) == 200


WANTED = (["/v1/chat/completions", "/v1/models"], ["/v1/messages", "/v1/models"])


def test_without_files_calls_pass_to_their_providers(client_pod, providers):
    sidecar, _ = client_pod
    ask_both(sidecar)
    assert tuple(targets(provider) for provider in providers) == WANTED


def test_anthropic_calls_are_told_by_any_version_and_by_the_path_of_their_base_url(providers, tmp_path):
    openai, anthropic = providers
    config = MountedConfigMap(tmp_path / "policy")
    flags = ["--resources", config.folder, "--openai-url", openai.upstream + "/v1"]
    sidecar = Sidecar("below-a-path", tmp_path, None, [*flags, "--anthropic-url", anthropic.upstream + "/proxy"])
    try:
        ask(sidecar, "/v1/models", ANTHROPIC | {"anthropic-version": "2027-01-01"})
        ask(sidecar, "/v1/models", OPENAI)
        ask(sidecar, "/proxy/v1/messages", {"x-api-key": "k"}, MESSAGES)
    finally:
        sidecar.stop()
    assert targets(openai) == ["/v1/models"]
    assert targets(anthropic) == ["/v1/models", "/proxy/v1/messages"]


ELSEWHERE = {"openAI": "http://127.0.0.1:1", "anthropic": "http://127.0.0.1:1"}


@pytest.mark.parametrize("delivered", [{}, {"providers": ELSEWHERE}], ids=["none delivered", "others delivered"])
def test_with_a_policy_they_do_too_and_after_its_end(client_pod, providers, delivered):
    """Others are those of pods that were made after the clients' base URL had changed."""
    sidecar, config = client_pod
    empty = health(sidecar)["x-penstock-policy"]
    bound = binding(1, **delivered)
    del bound["spec"]["enginePort"]
    config.write(files(POLICY, bound))
    eventually(lambda: health(sidecar)["x-penstock-policy"] != empty)
    ask_both(sidecar)
    assert tuple(targets(provider) for provider in providers) == WANTED
    config.write({})
    eventually(lambda: health(sidecar)["x-penstock-policy"] == empty)
    ask_both(sidecar)
    assert tuple(targets(provider) for provider in providers) == tuple(2 * wanted for wanted in WANTED)
