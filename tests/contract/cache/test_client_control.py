"""A request's Cache-Control is obeyed (RFC 9111 §5.2.1)."""

from exchange import CHAT, ask, chat, messages, MESSAGES
from stack import CACHING, eventually


def control(value):
    return {"cache-control": value}


def test_no_store_neither_reads_nor_keeps(cached, tag, upstream_calls):
    first = ask(cached.data, chat(tag), headers=control("no-store"))
    assert first.bypass == "client_no_store"
    assert not ask(cached.data, chat(tag)).is_hit
    assert ask(cached.data, chat(tag), headers=control("max-age=60, no-store")).bypass == "client_no_store"
    assert len(upstream_calls()) == 3


def test_no_cache_asks_again_and_keeps_the_new_answer(cached, tag, upstream_calls):
    old = ask(cached.data, chat(tag))
    new = ask(cached.data, chat(tag), headers=control("no-cache"))
    assert "fwd=request" in new.cache
    assert new.id != old.id
    hit = ask(cached.data, chat(tag))
    assert hit.is_hit
    assert hit.id == new.id
    assert len(upstream_calls()) == 2


def test_max_age_refuses_what_is_older_and_keeps_the_new_answer(stack, needs_sidecar, tag, upstream_calls):
    sidecar = stack.sidecar(caching=CACHING)
    old = ask(sidecar.data, chat(tag))
    assert ask(sidecar.data, chat(tag), headers=control("max-age=3600")).is_hit
    # An entry counts as older once its age in whole seconds is more than 0.
    aged = eventually(lambda: next((a for a in [ask(sidecar.data, chat(tag))] if int(a.headers["age"]) >= 1), None))
    assert aged.id == old.id
    new = ask(sidecar.data, chat(tag), headers=control("max-age=0"))
    assert "fwd=stale" in new.cache
    assert new.id != old.id
    hit = ask(sidecar.data, chat(tag), headers=control("max-age=60"))
    assert hit.is_hit
    assert hit.id == new.id
    assert len(upstream_calls()) == 2


def test_only_if_cached_never_calls(cached, tag, upstream_calls):
    refused = ask(cached.data, chat(tag), headers=control("only-if-cached"))
    assert refused.status == 504
    assert refused.headers["x-penstock-error"]
    assert refused.json["error"]["message"]
    assert upstream_calls() == []
    first = ask(cached.data, chat(tag))
    hit = ask(cached.data, chat(tag), headers=control("only-if-cached"))
    assert hit.is_hit
    assert hit.body == first.body


def test_only_if_cached_of_what_is_never_cached(cached, tag, upstream_calls):
    assert ask(cached.data, chat(tag, store=True), headers=control("only-if-cached")).status == 504
    assert upstream_calls() == []


def test_the_refusal_speaks_the_callers_dialect(cached, tag):
    refused = ask(cached.data, messages(tag), MESSAGES, headers=control("only-if-cached"))
    assert refused.status == 504
    assert refused.json["type"] == "error"
    assert refused.json["error"]["type"]


def test_several_fields_and_unknown_directives(cached, tag):
    ask(cached.data, chat(tag), CHAT)
    assert ask(cached.data, chat(tag), headers=control('max-stale=5, x="a, no-store", min-fresh=1')).is_hit
