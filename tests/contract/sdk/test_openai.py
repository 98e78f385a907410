"""The OpenAI SDK sees through Penstock what it sees without."""

import openai
import pytest
from compare import comparable, unpaid
from openai_cases import BATCHES, CASES, MODEL
from stack import eventually

# Prompts differ by case, so that no case is answered from another one's cache entry; whatever the SDK, the case and
# the prompt are the same on both sides.
PROMPT = "What would case {} say? café 水 🚀"


def ask(client, name, simulate, **options):
    return client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": PROMPT.format(name)}],
        extra_headers={"x-simulate": simulate},
        **options,
    )


@pytest.mark.parametrize("name", CASES)
def test_same_answer(name, direct, through, request):
    prompt = PROMPT.format(name)
    expected = comparable(CASES[name](direct.openai, prompt))
    assert comparable(CASES[name](through.openai, prompt)) == expected
    # Once more: where a cache is on, this is what it kept.
    known_by_input = name in BATCHES and request.node.callspec.params["through"] == "cached"
    kept = unpaid(expected) if known_by_input else expected
    assert comparable(CASES[name](through.openai, prompt)) == kept


@pytest.mark.parametrize("name", CASES)
def test_simulated_answer_is_stable(name, direct):
    prompt = PROMPT.format(name)
    first = comparable(CASES[name](direct.openai, prompt))
    assert first not in (None, [], {})
    assert comparable(CASES[name](direct.openai, prompt)) == first


ERRORS = {
    400: openai.BadRequestError,
    401: openai.AuthenticationError,
    403: openai.PermissionDeniedError,
    404: openai.NotFoundError,
    409: openai.ConflictError,
    422: openai.UnprocessableEntityError,
    429: openai.RateLimitError,
    500: openai.InternalServerError,
    503: openai.InternalServerError,
}


@pytest.mark.parametrize("status", ERRORS)
@pytest.mark.parametrize("stream", [False, True])
def test_errors_keep_class_body_and_retry_after(status, stream, anywhere):
    with pytest.raises(ERRORS[status]) as caught:
        ask(anywhere.openai, f"error {status}", f"error={status}; retry-after=7; error-code=made_up", stream=stream)
    assert caught.value.status_code == status
    assert caught.value.code == "made_up"
    assert caught.value.response.headers["retry-after"] == "7"
    assert caught.value.request_id.startswith("req_")


def test_a_retry_of_the_sdk_succeeds(anywhere, stack, tag):
    answer = ask(anywhere.patient().openai, tag, f"error=500; times=1; key={tag}; retry-after-ms=1")
    assert answer.choices[0].message.content
    seen = [entry for entry in stack.journal(bodies=1) if tag in entry.get("body", "")]
    assert [entry["status"] for entry in seen] == [500, 200]


def test_an_error_in_a_stream_is_an_error(anywhere):
    stream = ask(anywhere.openai, "error in stream", "error-in-stream", stream=True)
    with pytest.raises(openai.APIError) as caught:
        list(stream)
    assert "failed" in str(caught.value)


@pytest.mark.parametrize("cut", ["cut-after-events=3", "cut-after-bytes=700", "cut-after-events=3; cut-reset"])
def test_a_cut_stream_never_ends_normally(cut, anywhere):
    with pytest.raises(Exception) as caught:  # the SDK lets its transport's own errors through here
        list(ask(anywhere.openai, cut, cut, stream=True))
    assert not isinstance(caught.value, AssertionError)


def test_an_abandoned_stream_is_abandoned_upstream(anywhere, stack, tag):
    stream = ask(anywhere.openai, tag, "stall-after-events=2", stream=True)
    next(iter(stream))
    stream.close()

    def aborted():
        return [entry for entry in stack.journal(bodies=1) if tag in entry.get("body", "") and entry["aborted"]]

    assert len(eventually(aborted)) == 1


def test_unknown_request_fields_reach_the_server(anywhere, stack, tag):
    anywhere.openai.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": tag}],
        extra_body={"x_new_option": {"z": [1.0, 2], "a": None}},
        extra_headers={"x-trace-me": "1"},
        extra_query={"beta": "1"},
    )
    entry = next(entry for entry in stack.journal(bodies=1) if tag in entry.get("body", ""))
    assert '"x_new_option":{"z":[1.0,2],"a":null}' in entry["body"]
    assert entry["target"] == "/v1/chat/completions?beta=1"
    assert ["x-trace-me", "1"] in [[header.lower(), value] for header, value in entry["headers"]]
