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
