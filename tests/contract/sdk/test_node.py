"""The official Node SDKs see through Penstock what they see without (tests/contract/node/cases.mjs)."""

import json
import os
import pathlib
import subprocess

import pytest
from compare import comparable, unpaid

NODE = pathlib.Path(__file__).resolve().parents[1] / "node"
ROOT = NODE.parents[2]

# Their outcome is an error; every other case must succeed.
FAILING = {
    "chat-429": ("RateLimitError", 429),
    "chat-500-stream": ("InternalServerError", 500),
    "chat-error-in-stream": ("APIError", None),
    "messages-529": ("OverloadedError", 529),
    "messages-error-in-stream": ("APIError", None),
}
# Where a cut shows up is the transport's affair; that it does is not.
CUT = {"chat-cut"}
# Within an event it shows up as half a JSON text, and through Penstock as an error that says what happened.
TORN = {"chat-torn", "responses-torn", "messages-torn"}
BATCH = "embeddings-batch"


@pytest.fixture(scope="session")
def node():
    usable = subprocess.run([ROOT / "scripts/node-usable"], capture_output=True, text=True, check=False)
    if usable.returncode != 0:
        pytest.skip(usable.stdout.strip())
    if not (NODE / "node_modules").is_dir():
        pytest.skip("the Node SDKs are not installed (scripts/bootstrap)")

    def run(url: str) -> dict:
        # No proxy of the machine's may stand between.
        env = {**os.environ, "NO_PROXY": "127.0.0.1", "NODE_NO_WARNINGS": "1"}
        done = subprocess.run(
            ["node", NODE / "cases.mjs", url], capture_output=True, text=True, timeout=120, env=env, check=False
        )
        assert done.returncode == 0, done.stderr
        return {name: comparable(result) for name, result in json.loads(done.stdout).items()}

    return run


@pytest.fixture(scope="session")
def expected(node, stack):
    return node(stack.upstream)


def test_direct_outcomes(expected):
    for name, result in expected.items():
        if name in CUT | TORN:
            assert "error" in result, name
        elif name in FAILING:
            assert (result["error"], result["status"]) == FAILING[name], name
        else:
            assert result.get("value"), f"{name}: {result}"


@pytest.mark.parametrize("caching", [False, True], ids=["pass", "cached"])
def test_same_outcomes(caching, node, expected, stack, needs_sidecar):
    url = stack.sidecar(caching=caching).data
    expected = dict(expected)
    for _ in range(2 if caching else 1):  # the second time from the cache
        results = node(url)
        differing = [name for name in expected if name not in CUT | TORN and results[name] != expected[name]]
        assert not differing, {name: (results[name], expected[name]) for name in differing[:2]}
        assert all("error" in results[name] for name in CUT)
        for name in TORN:
            assert results[name]["error"] == "APIError", results[name]
            assert "The model server failed to answer." in json.dumps(results[name]["body"])
        expected[BATCH] = {"value": unpaid(expected[BATCH]["value"])}
