"""The Anthropic SDK sees through Penstock what it sees without."""

import anthropic
import pytest
from anthropic_cases import CASES, MODEL
from compare import comparable
from stack import eventually

PROMPT = "What would case {} say? café 水 🚀"


def ask(client, name, simulate, **options):
    return client.messages.create(
        model=MODEL,
        max_tokens=2000,
        messages=[{"role": "user", "content": PROMPT.format(name)}],
        extra_headers={"x-simulate": simulate},
        **options,
    )


@pytest.mark.parametrize("name", CASES)
def test_same_answer(name, direct, through):
    prompt = PROMPT.format(name)
    expected = comparable(CASES[name](direct.anthropic, prompt))
    assert comparable(CASES[name](through.anthropic, prompt)) == expected
    assert comparable(CASES[name](through.anthropic, prompt)) == expected


@pytest.mark.parametrize("name", CASES)
def test_simulated_answer_is_stable(name, direct):
    prompt = PROMPT.format(name)
    first = comparable(CASES[name](direct.anthropic, prompt))
    assert first not in (None, [], {})
    assert comparable(CASES[name](direct.anthropic, prompt)) == first


ERRORS = {
    400: (anthropic.BadRequestError, "invalid_request_error"),
    401: (anthropic.AuthenticationError, "authentication_error"),
    403: (anthropic.PermissionDeniedError, "permission_error"),
    404: (anthropic.NotFoundError, "not_found_error"),
    413: (anthropic.APIStatusError, "request_too_large"),
    429: (anthropic.RateLimitError, "rate_limit_error"),
    500: (anthropic.InternalServerError, "api_error"),
    529: (anthropic.APIStatusError, "overloaded_error"),
}


@pytest.mark.parametrize("status", ERRORS)
def test_errors_keep_class_and_body(status, anywhere):
    kind, name = ERRORS[status]
    with pytest.raises(kind) as caught:
        ask(anywhere.anthropic, f"error {status}", f"error={status}; retry-after=7")
    assert caught.value.status_code == status
    assert caught.value.body["error"]["type"] == name
    assert caught.value.response.headers["retry-after"] == "7"
    assert caught.value.request_id.startswith("req_")


def test_a_retry_of_the_sdk_succeeds(anywhere, stack, tag):
    answer = ask(anywhere.patient().anthropic, tag, f"error=529; times=1; key={tag}; retry-after-ms=1")
    assert answer.content[0].text
    seen = [entry for entry in stack.journal(bodies=1) if tag in entry.get("body", "")]
    assert [entry["status"] for entry in seen] == [529, 200]


def test_an_error_in_a_stream_is_an_error(anywhere):
    stream = ask(anywhere.anthropic, "error in stream", "error-in-stream", stream=True)
    with pytest.raises(anthropic.APIStatusError) as caught:
        list(stream)
    assert caught.value.body["error"]["type"] == "overloaded_error"


def test_a_cut_stream_never_ends_normally(anywhere):
    with pytest.raises(Exception) as caught:  # the SDK lets its transport's own errors through here
        list(ask(anywhere.anthropic, "cut", "cut-after-events=4", stream=True))
    assert not isinstance(caught.value, AssertionError)


def test_an_abandoned_stream_is_abandoned_upstream(anywhere, stack, tag):
    stream = ask(anywhere.anthropic, tag, "stall-after-events=2", stream=True)
    next(iter(stream))
    stream.close()

    def aborted():
        return [entry for entry in stack.journal(bodies=1) if tag in entry.get("body", "") and entry["aborted"]]

    assert len(eventually(aborted)) == 1
