"""How long answers are kept, how large they may be, which are kept at all, and how they are thrown away."""

import pytest
from exchange import CHAT, EMBEDDINGS, MESSAGES, ask, chat, embeddings, messages, simulate
from stack import eventually, resources

CACHING = """
  caching:
    tiers:
      - ref: {{ name: memory }}
    tenant: {{ anonymous: Share }}
    {settings}
"""


def time_left(hit) -> int:
    return next(int(part.removeprefix("ttl=")) for part in hit.cache if part.startswith("ttl="))


@pytest.fixture(scope="module")
def sidecar(stack, needs_sidecar):
    def start(name: str, settings: str):
        return stack.sidecar(caching=CACHING.format(settings=settings), name=name)

    return start


def test_an_answer_expires(sidecar, tag, upstream_calls):
    data = sidecar("brief", "ttl: 1s").data
    first = ask(data, chat(tag))
    hit = ask(data, chat(tag))
    assert hit.is_hit or hit.id != first.id  # on a busy machine the second is over already
    later = eventually(lambda: next((a for a in [ask(data, chat(tag))] if a.id != first.id), None))
    assert not later.is_hit
    assert len(upstream_calls()) >= 2


def test_ttl_counts_down(sidecar, tag):
    data = sidecar("steady", "ttl: 10m").data
    ask(data, chat(tag))
    assert 500 < time_left(ask(data, chat(tag))) <= 600  # with its jitter of a tenth


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize("flights", [True, False], ids=["coalescing", "alone"])
def test_a_long_answer_is_given_and_not_kept(stream, flights, sidecar, tag, upstream_calls):
    settings = "maxEntry: 16Ki\n    coalescing: { enabled: %s }" % ("true" if flights else "false")
    data = sidecar(f"small-{flights}", settings).data
    wish = simulate("events=400" if stream else "body-bytes=40000")
    for _ in range(2):
        answer = ask(data, chat(tag, stream=stream), headers=wish)
        assert len(answer.body) > 16384
        assert "fwd=uri-miss" in answer.cache
    assert len(upstream_calls()) == 2
    short = chat("short " + tag, stream=stream)
    ask(data, short, headers=simulate("events=10"))
    assert ask(data, short).is_hit


def test_a_tier_caps_the_ttl(stack, needs_sidecar, tag):
    document = resources(stack.upstream, CACHING.format(settings="ttl: 10m"))
    capped = document.replace("type: Memory", "type: Memory\n  ttl: 30s")
    data = stack.sidecar(name="capped", document=capped).data
    ask(data, chat(tag))
    assert 0 < time_left(ask(data, chat(tag))) <= 30


def test_an_upstreams_max_age_caps_the_ttl(sidecar, tag, upstream_calls):
    data = sidecar("steady", "ttl: 10m").data
    for age, control in ((60, "max-age=60"), (30, "max-age=900, s-maxage=30")):
        wish = simulate(f"cache-control={control}")
        ask(data, chat(f"{tag} {age}"), headers=wish)
        assert 0 < time_left(ask(data, chat(f"{tag} {age}"))) <= age
    for _ in range(2):
        ask(data, chat(tag), headers=simulate("cache-control=max-age=0"))
    assert len(upstream_calls()) == 4


def test_without_coalescing_answers_are_kept_too(sidecar, tag, upstream_calls):
    data = sidecar("alone", "coalescing: { enabled: false }").data
    for stream in (False, True):
        # Without a flight the answer is stored once its last byte is out: another worker may be asked a moment before.
        ask(data, chat(tag, stream=stream))
        hit = eventually(lambda: (again := ask(data, chat(tag, stream=stream))).is_hit and again)
        assert ask(data, chat(tag, stream=stream)).body == hit.body


def test_sampled_requests_can_be_left_out(sidecar, tag):
    data = sidecar("greedy", "sampled: Bypass").data
    assert ask(data, chat(tag)).bypass == "sampled"
    assert ask(data, chat(tag, temperature=1)).bypass == "sampled"
    assert ask(data, messages(tag), MESSAGES).bypass == "sampled"
    ask(data, chat(tag, temperature=0))
    assert ask(data, chat(tag, temperature=0.0)).is_hit
    ask(data, embeddings(tag), EMBEDDINGS)
    assert ask(data, embeddings(tag), EMBEDDINGS).is_hit


def test_clearing_all(sidecar, tag):
    cleared = sidecar("cleared", "ttl: 10m")
    for number in range(3):
        ask(cleared.data, chat(f"{tag} {number}"))
    assert cleared.api("/api/cache/stats")["tiers"][0]["entries"] == 3
    assert cleared.api("/api/cache/clear", method="POST")["clearedEntries"] == 3
    assert cleared.api("/api/cache/stats")["tiers"][0]["entries"] == 0
    assert not ask(cleared.data, chat(f"{tag} 0")).is_hit


def test_clearing_one_tenant(sidecar, tag):
    cleared = sidecar("cleared-by-tenant", "ttl: 10m")
    keys = [{"authorization": f"Bearer sk-{name}"} for name in "ab"]
    for headers in [{}, *keys]:
        ask(cleared.data, chat(tag), headers=headers)
    newest, *_ = eventually(lambda: (r := cleared.api("/api/requests")["requests"])[2:] and r)
    assert newest["tenant"]
    assert "sk-b" not in newest["tenant"]
    assert cleared.api("/api/cache/clear?tenant=" + newest["tenant"], method="POST")["clearedEntries"] == 1
    assert not ask(cleared.data, chat(tag), headers=keys[1]).is_hit
    assert ask(cleared.data, chat(tag), headers=keys[0]).is_hit
    assert ask(cleared.data, chat(tag)).is_hit
    for nobody in ("0", "nobody", "0" * 32):
        assert cleared.api("/api/cache/clear?tenant=" + nobody, method="POST")["clearedEntries"] == 0


def test_further_headers_of_the_key(sidecar, tag, upstream_calls):
    data = sidecar("keyed", "key: { headers: [X-Variant] }").data
    one, two = (ask(data, chat(tag), CHAT, headers={"x-variant": name}) for name in "ab")
    assert one.id != two.id
    assert ask(data, chat(tag), headers={"X-Variant": "a"}).id == one.id
    assert len(upstream_calls()) == 2
