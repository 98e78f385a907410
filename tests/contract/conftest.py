"""Fixtures of the contract tests. `stack` is shared by a session; a test that kills processes starts its own."""

import pytest
from stack import DEMO, Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    if not DEMO.exists():
        pytest.skip(f"{DEMO} is not built (make build)")
    with Stack(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture(scope="session")
def needs_sidecar():
    if not Stack.has_sidecar():
        pytest.skip("penstock-sidecar is not built (make build)")


@pytest.fixture
def tag(request):
    """A text that no other test uses: it finds a test's requests in the journal."""
    return "<" + request.node.nodeid.rpartition("/")[2] + ">"


@pytest.fixture
def upstream_calls(stack, tag):
    """What reached the model server of this test's requests."""

    def calls(text: str = tag) -> list:
        return [entry for entry in stack.journal(bodies=1) if text in entry.get("body", "")]

    return calls


@pytest.fixture(scope="session")
def cached(needs_sidecar, stack):
    """A sidecar with a memory cache, shared by a session; tests keep apart by their prompts."""
    return stack.sidecar(caching=True)
