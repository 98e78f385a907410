"""The official SDKs, each pointed at the model server itself and at sidecars in front of it."""

import anthropic
import openai
import pytest


class Clients:
    """Both SDKs for one base URL."""

    def __init__(self, url: str, retries: int = 0):
        self.url = url
        self.openai = openai.OpenAI(base_url=url + "/v1", api_key="sk-test", max_retries=retries, timeout=30)
        self.anthropic = anthropic.Anthropic(base_url=url, api_key="sk-test", max_retries=retries, timeout=30)

    def patient(self):
        return Clients(self.url, retries=2)


@pytest.fixture(scope="session")
def direct(stack):
    return Clients(stack.upstream)


@pytest.fixture(scope="session", params=["pass", "cached"])
def through(request, needs_sidecar, stack):
    return Clients(stack.sidecar(caching=request.param == "cached").data)


@pytest.fixture(params=["direct", "pass", "cached"])
def anywhere(request, stack):
    """Behaviour that must be the same without Penstock and with it."""
    if request.param == "direct":
        return Clients(stack.upstream)
    request.getfixturevalue("needs_sidecar")
    return Clients(stack.sidecar(caching=request.param == "cached").data)
