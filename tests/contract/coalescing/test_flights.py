"""Identical calls in flight share one upstream call, whoever of its callers leaves or is slow."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from exchange import MESSAGES, Reader, ask, chat, messages, simulate, stream_ids
from stack import CACHING, eventually

CALLERS = 200
EVENTS = 100
# Far more than the sockets' buffers take, below the size of an entry.
MANY_EVENTS = 20_000


@pytest.fixture(scope="module")
def flights(needs_sidecar, stack):
    """A sidecar with several workers, so that callers meet across threads."""
    return stack.sidecar(caching=CACHING, name="flights", flags=["--workers", "4"])


@pytest.fixture
def in_flight(flights):
    """Waits until that many requests are in the sidecar."""

    def wait(count: int):
        eventually(lambda: flights.metric("penstock_requests_in_flight") == count)

    return wait


@pytest.fixture
def callers():
    with ThreadPoolExecutor(CALLERS) as pool:
        yield pool


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_200_at_once_make_one_call(stream, flights, stack, tag, in_flight, callers, upstream_calls):
    wish = simulate(f"hold={tag}")
    answers = [callers.submit(ask, flights.data, chat(tag, stream=stream), headers=wish) for _ in range(CALLERS)]
    in_flight(CALLERS)
    assert stack.release(tag) == 1
    results = [answer.result() for answer in answers]
    assert len({answer.body for answer in results}) == 1
    assert {answer.status for answer in results} == {200}
    assert sum("collapsed" in answer.cache for answer in results) == CALLERS - 1
    assert len(upstream_calls()) == 1
    assert ask(flights.data, chat(tag, stream=stream)).body == results[0].body


def test_calls_that_overlap_by_chance_make_one_call(flights, tag, callers, upstream_calls):
    """No hold: some join, some find the answer stored, nobody slips between."""
    for number in range(20):
        body = chat(f"{tag} {number}")
        answers = [callers.submit(ask, flights.data, body) for _ in range(40)]
        assert len({answer.result().id for answer in answers}) == 1
    assert len(upstream_calls()) == 20


@pytest.mark.parametrize("path", ["chat", "messages"])
def test_a_running_stream_is_joined_from_its_start(path, flights, stack, tag, callers, upstream_calls):
    make, target = (messages, MESSAGES) if path == "messages" else (chat, "/v1/chat/completions")
    body = make(tag, stream=True)
    wish = simulate(f"events={EVENTS}; hold={tag}; hold-after-events=50")
    with Reader(flights.data, body, target, wish) as leader:
        leader.events(50)
        with Reader(flights.data, body, target, wish) as follower:
            assert follower.events(50) == leader.body
            assert "collapsed" in follower.head().cache
            stack.release(tag)
            assert follower.rest().body == leader.rest().body
    assert len(upstream_calls()) == 1


def digest(answer) -> tuple:
    """An answer in short: 200 of some megabytes are not kept."""
    return answer.status, len(answer.body), hashlib.sha256(answer.body).hexdigest()


def ask_long(url, body, wish) -> tuple:
    return digest(ask(url, body, headers=wish, timeout=120))


@pytest.mark.parametrize("percent", [0, 50, 99])
def test_the_first_of_200_may_leave_while_one_stalls(percent, flights, stack, tag, in_flight, callers, upstream_calls):
    """The others lose nothing, whatever the first one had read when it left; nor does the one that stalls, later."""
    body = chat(tag, stream=True)
    seen = MANY_EVENTS * percent // 100
    where = f"; hold-after-events={seen}" if percent else ""
    wish = simulate(f"events={MANY_EVENTS}; hold={tag}{where}")
    leader = Reader(flights.data, body, headers=wish)
    eventually(lambda: len(upstream_calls()) == 1)
    with Reader(flights.data, body, headers=wish, receive_buffer=4096, timeout=120) as stalled:
        others = [callers.submit(ask_long, flights.data, body, wish) for _ in range(CALLERS - 2)]
        in_flight(CALLERS)
        if percent:
            leader.events(seen)
        leader.leave()
        in_flight(CALLERS - 1)
        stack.release(tag)
        (told,) = {other.result() for other in others}
        in_flight(1)
        rest = stalled.rest()
    assert digest(rest) == told
    assert rest.status == 200
    assert rest.body.count(b"\n\n") > MANY_EVENTS
    assert rest.body.endswith(b"data: [DONE]\n\n")
    (call,) = upstream_calls()
    assert not call["aborted"]
    stored = ask(flights.data, body)
    assert stored.is_hit
    assert stored.body == rest.body


def test_a_plain_answers_first_caller_may_leave(flights, stack, tag, in_flight, callers, upstream_calls):
    wish = simulate(f"hold={tag}")
    leader = Reader(flights.data, chat(tag), headers=wish)
    eventually(lambda: len(upstream_calls()) == 1)
    followers = [callers.submit(ask, flights.data, chat(tag), headers=wish) for _ in range(CALLERS - 1)]
    in_flight(CALLERS)
    leader.leave()
    in_flight(CALLERS - 1)
    stack.release(tag)
    assert len({follower.result().id for follower in followers}) == 1
    assert len(upstream_calls()) == 1


def test_a_reader_that_stalls_slows_nobody(flights, stack, tag, in_flight, callers, upstream_calls):
    """It still gets everything once it reads on: the flight keeps what is within an entry's size."""
    body = chat(tag, stream=True)
    wish = simulate(f"hold={tag}; events={MANY_EVENTS}")
    with Reader(flights.data, body, headers=wish, receive_buffer=4096, timeout=120) as stalled:
        eventually(lambda: len(upstream_calls()) == 1)
        others = [callers.submit(ask_long, flights.data, body, wish) for _ in range(CALLERS - 1)]
        in_flight(CALLERS)
        stack.release(tag)
        (told,) = {other.result() for other in others}
        assert told[1] > 4_000_000
        in_flight(1)
        assert digest(stalled.rest()) == told
    assert len(upstream_calls()) == 1


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_an_answer_longer_than_an_entry_reaches_all(stream, stack, needs_sidecar, tag, callers, upstream_calls):
    """It is not kept, but nobody has fallen behind."""
    small = stack.sidecar(caching=CACHING + "    maxEntry: 1Ki\n", name="small-entries")
    wish = simulate(f"hold={tag}; " + ("events=400" if stream else "body-bytes=40000"))
    answers = [callers.submit(ask, small.data, chat(tag, stream=stream), headers=wish) for _ in range(3)]
    eventually(lambda: small.metric("penstock_requests_in_flight") == 3)
    stack.release(tag)
    bodies = {answer.result().body for answer in answers}
    assert len(bodies) == 1
    assert len(bodies.pop()) > 16_384
    assert len(upstream_calls()) == 1


@pytest.mark.parametrize("seen", [0, 10])
def test_when_all_leave_the_call_ends(seen, flights, tag, upstream_calls, in_flight):
    body = chat(tag, stream=True)
    wish = simulate(f"stall-after-events={seen}")
    readers = [Reader(flights.data, body, headers=wish) for _ in range(3)]
    in_flight(3)
    for reader in readers:
        if seen:
            reader.events(seen)
    for reader in readers:
        reader.leave()
    eventually(lambda: [call["aborted"] for call in upstream_calls()] == [True], seconds=3)
    in_flight(0)
    # Nothing of it stays behind: the next caller starts anew.
    with Reader(flights.data, body, headers=simulate("events=5")) as late:
        assert stream_ids(late.rest().body)
    assert len(upstream_calls()) == 2


def test_streams_and_plain_answers_do_not_share_a_call(flights, stack, tag, callers, upstream_calls):
    answers = [
        callers.submit(ask, flights.data, chat(tag, stream=stream), headers=simulate(f"hold={tag}"))
        for stream in (True, False)
    ]
    eventually(lambda: len(upstream_calls()) == 2)
    stack.release(tag)
    assert {answer.result().headers["content-type"].partition(";")[0] for answer in answers} == {
        "text/event-stream",
        "application/json",
    }


def test_usage_is_shown_to_those_who_asked(flights, stack, tag, in_flight, callers, upstream_calls):
    wish = simulate(f"hold={tag}")
    asking = chat(tag, stream=True, stream_options={"include_usage": True})
    answers = [callers.submit(ask, flights.data, body, headers=wish) for body in [chat(tag, stream=True), asking] * 3]
    in_flight(6)
    stack.release(tag)
    assert [b'"usage":{' in answer.result().body for answer in answers] == [False, True] * 3
    assert len(upstream_calls()) == 1


def test_what_breaks_breaks_for_all(flights, stack, tag, in_flight, callers, upstream_calls):
    wish = simulate(f"events=50; hold={tag}; hold-after-events=10; cut-after-events=20")
    readers = [Reader(flights.data, chat(tag, stream=True), headers=wish) for _ in range(5)]
    in_flight(5)
    for reader in readers:
        reader.events(10)
    stack.release(tag)
    for reader in readers:
        with pytest.raises(Exception):
            reader.rest()
    assert len(upstream_calls()) == 1


def release_until(stack, hold, answers):
    """Lets go whatever is held until every answer is there."""

    def answered():
        stack.release(hold)
        return all(answer.done() for answer in answers)

    eventually(answered)


FAILURES = {"503": "error=503", "500": "error=500", "reset": "reset"}


@pytest.mark.parametrize("name", FAILURES)
@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_an_error_before_the_first_byte_is_asked_again_once_for_all(
    name, stream, flights, stack, tag, in_flight, callers, upstream_calls
):
    wish = simulate(f"{FAILURES[name]}; times=1; key={tag}; hold={tag}")
    answers = [callers.submit(ask, flights.data, chat(tag, stream=stream), headers=wish) for _ in range(10)]
    in_flight(10)
    release_until(stack, tag, answers)
    assert {answer.result().status for answer in answers} == {200}
    assert len({answer.result().body for answer in answers}) == 1
    assert len(upstream_calls()) == 2


@pytest.mark.parametrize("name", FAILURES)
def test_the_second_error_is_everybodys(name, flights, stack, tag, in_flight, callers, upstream_calls):
    wish = simulate(f"{FAILURES[name]}; hold={tag}")
    answers = [callers.submit(ask, flights.data, chat(tag), headers=wish) for _ in range(10)]
    in_flight(10)
    release_until(stack, tag, answers)
    expected = {"503": 503, "500": 500, "reset": 502}[name]
    assert {answer.result().status for answer in answers} == {expected}
    # A reset on a pooled connection says nothing yet: that one may have been too old.
    assert len(upstream_calls()) in ({2, 3} if name == "reset" else {2})


NOT_ASKED_AGAIN = {
    "retry-after": ("error=503; retry-after=1", 503),
    "rate-limit": ("error=429", 429),
    "bad-request": ("error=400", 400),
}


@pytest.mark.parametrize("name", NOT_ASKED_AGAIN)
def test_what_asking_again_would_not_mend(name, flights, stack, tag, in_flight, callers, upstream_calls):
    wish, status = NOT_ASKED_AGAIN[name]
    wish = simulate(f"{wish}; hold={tag}")
    answers = [callers.submit(ask, flights.data, chat(tag), headers=wish) for _ in range(5)]
    in_flight(5)
    stack.release(tag)
    assert {answer.result().status for answer in answers} == {status}
    assert len(upstream_calls()) == 1


def test_a_sole_callers_error_is_its_own(flights, tag, upstream_calls):
    assert ask(flights.data, chat(tag), headers=simulate(f"error=503; times=1; key={tag}")).status == 503
    assert len(upstream_calls()) == 1


def test_followers_are_bounded(stack, needs_sidecar, tag, callers, upstream_calls):
    caching = CACHING + "    coalescing: { maxFollowers: 3 }\n"
    few = stack.sidecar(caching=caching, name="few-followers", flags=["--workers", "2"])
    wish = simulate(f"hold={tag}")
    answers = [callers.submit(ask, few.data, chat(tag), headers=wish) for _ in range(6)]
    eventually(lambda: few.metric("penstock_requests_in_flight") == 6 and stack.counters()["held"] == 3)
    stack.release(tag)
    collapsed = [answer.result() for answer in answers if "collapsed" in answer.result().cache]
    assert len(collapsed) == 3
    assert len(upstream_calls()) == 3


def test_coalescing_can_be_switched_off(stack, needs_sidecar, tag, callers, upstream_calls):
    apart = stack.sidecar(caching=CACHING + "    coalescing: { enabled: false }\n", name="apart")
    wish = simulate(f"hold={tag}")
    answers = [callers.submit(ask, apart.data, chat(tag), headers=wish) for _ in range(3)]
    eventually(lambda: stack.counters()["held"] == 3)
    stack.release(tag)
    assert len({answer.result().id for answer in answers}) == 3
    assert len(upstream_calls()) == 3


def test_no_cache_makes_a_call_of_its_own(flights, stack, tag, callers, upstream_calls):
    wish = simulate(f"hold={tag}")
    first = callers.submit(ask, flights.data, chat(tag), headers=wish)
    eventually(lambda: len(upstream_calls()) == 1)
    second = callers.submit(ask, flights.data, chat(tag), headers={**wish, "cache-control": "no-cache"})
    eventually(lambda: len(upstream_calls()) == 2)
    stack.release(tag)
    assert first.result().id != second.result().id


def test_joined_calls_are_counted(flights, stack, tag, in_flight, callers):
    before = flights.metric("penstock_coalesced_requests_total")
    answers = [callers.submit(ask, flights.data, chat(tag), headers=simulate(f"hold={tag}")) for _ in range(4)]
    in_flight(4)
    stack.release(tag)
    assert {answer.result().status for answer in answers} == {200}
    eventually(lambda: flights.metric("penstock_coalesced_requests_total") == before + 3)
