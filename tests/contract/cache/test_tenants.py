"""Tenants never share answers unless the policy says so."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from exchange import ask, chat
from stack import eventually

CACHING = """
  caching:
    tiers:
      - ref: {{ name: memory }}
    ttl: 10m
    tenant: {{ {tenant} }}
"""


def key(text):
    return {"authorization": f"Bearer {text}"}


@pytest.fixture(scope="module")
def sidecar(stack, needs_sidecar):
    def start(tenant: str):
        name = "tenant-" + tenant.replace(": ", "-").replace(", ", "-")
        return stack.sidecar(caching=CACHING.format(tenant=tenant), name=name)

    return start


def test_two_keys_share_nothing(sidecar, tag, upstream_calls):
    data = sidecar("anonymous: Share").data
    first, second = (ask(data, chat(tag), headers=key(f"sk-{name}")) for name in "ab")
    assert not second.is_hit
    assert first.id != second.id
    for name, answer in (("a", first), ("b", second)):
        again = ask(data, chat(tag), headers=key(f"sk-{name}"))
        assert again.is_hit
        assert again.id == answer.id
    assert len(upstream_calls()) == 2


def test_a_key_is_the_same_tenant_in_every_field(sidecar, tag, upstream_calls):
    data = sidecar("anonymous: Share").data
    ask(data, chat(tag), headers=key("sk-same"))
    assert ask(data, chat(tag), headers={"x-api-key": "sk-same"}).is_hit
    assert ask(data, chat(tag), headers={"api-key": "sk-same"}).is_hit
    assert ask(data, chat(tag), headers={"authorization": "bearer sk-same"}).is_hit
    assert len(upstream_calls()) == 1


def test_anonymous_requests_share_among_themselves_only(sidecar, tag, upstream_calls):
    data = sidecar("anonymous: Share").data
    assert not ask(data, chat(tag)).is_hit
    assert ask(data, chat(tag)).is_hit
    assert not ask(data, chat(tag), headers=key("sk-a")).is_hit
    assert len(upstream_calls()) == 2


def test_anonymous_requests_are_not_cached_by_default(sidecar, tag, upstream_calls):
    data = sidecar("anonymous: Bypass").data
    for _ in range(2):
        assert ask(data, chat(tag)).bypass == "no_tenant"
    assert len(upstream_calls()) == 2
    ask(data, chat(tag), headers=key("sk-a"))
    assert ask(data, chat(tag), headers=key("sk-a")).is_hit


def test_a_header_names_the_tenant(sidecar, tag, upstream_calls):
    data = sidecar("header: X-Team").data
    red, blue = (ask(data, chat(tag), headers={"x-team": team, **key("sk-shared")}) for team in ("red", "blue"))
    assert red.id != blue.id
    assert ask(data, chat(tag), headers={"X-Team": "red", **key("sk-other")}).id == red.id
    assert ask(data, chat(tag), headers={"X-Team": "blue"}).id == blue.id
    by_credential = ask(data, chat(tag), headers=key("sk-shared"))
    assert by_credential.id not in (red.id, blue.id)
    assert ask(data, chat(tag), headers=key("sk-shared")).id == by_credential.id
    assert ask(data, chat(tag)).bypass == "no_tenant"
    assert len(upstream_calls()) == 4


def test_a_header_cannot_name_the_tenant_of_a_credential(sidecar, tag):
    """Whatever stands in the header: it names another kind of tenant than a credential does."""
    data = sidecar("header: X-Team").data
    own = ask(data, chat(tag), headers=key("sk-own"))
    for name in ("sk-own", "Bearer sk-own"):
        assert ask(data, chat(tag), headers={"x-team": name}).id != own.id


def test_a_policy_may_share_among_all(sidecar, tag, upstream_calls):
    data = sidecar("anonymous: Share, sharing: All").data
    first = ask(data, chat(tag), headers=key("sk-a"))
    for headers in ({}, key("sk-b"), {"x-api-key": "sk-c"}):
        assert ask(data, chat(tag), headers=headers).body == first.body
    assert len(upstream_calls()) == 1


def test_coalescing_keeps_tenants_apart(sidecar, stack, tag, upstream_calls):
    """Two tenants at the same moment: two calls, two answers."""
    shared = sidecar("anonymous: Share")
    with ThreadPoolExecutor(4) as pool:
        headers = [{"x-simulate": f"hold={tag}", **key(f"sk-{name}")} for name in "abab"]
        answers = [pool.submit(ask, shared.data, chat(tag), headers=each) for each in headers]
        eventually(lambda: shared.metric("penstock_requests_in_flight") == 4 and stack.counters()["held"] == 2)
        stack.release(tag)
        ids = [answer.result().id for answer in answers]
    assert ids[0] == ids[2] != ids[1] == ids[3]
    assert len(upstream_calls()) == 2


@pytest.mark.parametrize("tenant", ["header: X-Team", "anonymous: Share, sharing: All"], ids=["header", "all"])
def test_of_one_tenant_those_with_keys_of_their_own_make_calls_of_their_own(sidecar, stack, tag, upstream_calls, tenant):
    """The backend sees each one's key: what it refuses to one it may give to another. What it gave, all have."""
    shared = sidecar(tenant)
    with ThreadPoolExecutor(4) as pool:
        headers = [{"x-simulate": f"hold={tag}", "x-team": "red", **key(f"sk-{name}")} for name in "abab"]
        answers = [pool.submit(ask, shared.data, chat(tag), headers=each) for each in headers]
        eventually(lambda: shared.metric("penstock_requests_in_flight") == 4 and stack.counters()["held"] == 2)
        stack.release(tag)
        assert len({answer.result().id for answer in answers}) == 2
    assert ask(shared.data, chat(tag), headers={"x-team": "red", **key("sk-c")}).is_hit
    assert len(upstream_calls()) == 2
