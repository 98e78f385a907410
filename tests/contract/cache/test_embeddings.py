"""Embeddings are cached input by input: what the model server is asked, and what clients get."""

import json
import urllib.error
import urllib.request

import openai
import pytest
from stack import eventually

MODEL = "text-embedding-3-small"
URL = "/v1/embeddings"


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        self.json = json.loads(body)

    @property
    def vectors(self):
        assert [element["index"] for element in self.json["data"]] == list(range(len(self.json["data"])))
        return [element["embedding"] for element in self.json["data"]]

    @property
    def cache(self):
        return self.headers["cache-status"]


class Caller:
    """Asks one base URL for embeddings as one tenant."""

    def __init__(self, url, key="sk-test"):
        self.url, self.key = url, key

    def ask(self, inputs, headers=None, **members):
        body = json.dumps({"model": MODEL, "input": inputs, **members}).encode()
        fields = {"content-type": "application/json", "authorization": f"Bearer {self.key}", **(headers or {})}
        request = urllib.request.Request(self.url + URL, data=body, headers=fields)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers, error.read())


@pytest.fixture
def cached(needs_sidecar, stack):
    return Caller(stack.sidecar(caching=True).data)


@pytest.fixture
def direct(stack):
    return Caller(stack.upstream)


@pytest.fixture
def asked(stack):
    """asked(): the inputs of each embeddings call that reached the model server since the last asked()."""
    seen = {"after": max((record["number"] for record in stack.journal()), default=0)}

    def since():
        records = stack.journal(after=seen["after"], bodies=1)
        seen["after"] = max((record["number"] for record in records), default=seen["after"])
        return [json.loads(record["body"])["input"] for record in records]

    return since


@pytest.fixture
def name(request):
    """Makes texts that no other test uses."""
    return lambda text: f"{request.node.name} {text}"


def record_of(stack, cache: str):
    """Of the last request, which ended with this state of the cache: it is written after the answer."""
    api = stack.sidecar(caching=True).api
    return eventually(lambda: (r := api("/api/requests?limit=1")["requests"][0])["cache"] == cache and r)


@pytest.mark.parametrize("coding", ["float", "base64"])
def test_a_batch_asks_only_for_what_is_missing(cached, direct, asked, name, coding):
    a, b, c, d = (name(text) for text in "abcd")
    first = cached.ask([b, d], encoding_format=coding)
    assert first.cache == "Penstock; fwd=uri-miss"
    assert asked() == [[b, d]]

    some = cached.ask([a, b, c, d], encoding_format=coding)
    assert asked() == [[a, c]]
    assert some.cache == "Penstock; fwd=partial"
    assert some.headers["content-type"] == "application/json"
    assert int(some.headers["content-length"]) == len(some.body)

    every = cached.ask([d, c, b, a, d], encoding_format=coding)
    assert asked() == []
    assert every.cache.startswith("Penstock; hit; ttl=")
    assert int(every.headers["age"]) >= 0

    plain = direct.ask([a, b, c, d], encoding_format=coding)
    assert some.vectors == plain.vectors
    assert every.vectors == [plain.vectors[i] for i in (3, 2, 1, 0, 3)]
    assert every.json["model"] == some.json["model"] == plain.json["model"]


def test_usage_is_what_was_paid(stack, cached, direct, asked, name):
    inputs = [name("one"), name("two and some more words"), name("three")]
    tokens = [direct.ask(text).json["usage"]["total_tokens"] for text in inputs]
    asked()

    whole = cached.ask(inputs[:2])
    assert whole.json["usage"] == {"prompt_tokens": sum(tokens[:2]), "total_tokens": sum(tokens[:2])}
    paid = record_of(stack, "miss")
    assert "savedCostUsd" not in paid and "savedTokensEstimated" not in paid

    some = cached.ask(inputs)
    assert some.json["usage"] == {"prompt_tokens": tokens[2], "total_tokens": tokens[2]}
    record = record_of(stack, "partial")
    assert record["usage"]["input"] == tokens[2] and "estimated" not in record["usage"]
    assert record["savedTokensEstimated"] == sum(tokens[:2])
    assert float(record["savedCostUsd"]) == pytest.approx(float(paid["costUsd"]))
    assert float(record["costUsd"]) == pytest.approx(tokens[2] * 0.02e-6)

    every = cached.ask(inputs)
    assert every.json["usage"] == {"prompt_tokens": 0, "total_tokens": 0}
    record = record_of(stack, "hit")
    assert record["usage"]["input"] == sum(tokens) and record["usage"]["estimated"]
    assert float(record["savedCostUsd"]) == pytest.approx(sum(tokens) * 0.02e-6)
    assert "costUsd" not in record


def test_a_string_a_list_of_one_and_a_place_in_a_batch_share_an_entry(cached, asked, name):
    alone = cached.ask(name("x"))
    assert asked() == [name("x")]
    listed = cached.ask([name("x")])
    assert listed.body == alone.body
    assert listed.cache.startswith("Penstock; hit")
    batch = cached.ask([name("y"), name("x")])
    assert asked() == [[name("y")]]
    assert batch.vectors[1] == alone.vectors[0]
    other = cached.ask(name("y"))
    assert other.cache.startswith("Penstock; hit")
    assert other.vectors == batch.vectors[:1]
    assert asked() == []


def test_token_ids_are_inputs_too(cached, direct, asked):
    first, second = [9_001, 9_002, 9_003], [9_004]
    alone = cached.ask(first)
    assert asked() == [first]
    assert cached.ask([first]).body == alone.body
    batch = cached.ask([second, first])
    assert asked() == [[second]]
    assert cached.ask(second).cache.startswith("Penstock; hit")
    assert asked() == []
    assert batch.vectors == direct.ask([second, first]).vectors


def test_what_changes_an_answer_changes_the_key(cached, asked, name):
    inputs = [name("a"), name("b")]
    cached.ask(inputs)
    asked()
    for members in ({"dimensions": 8}, {"dimensions": 16}, {"encoding_format": "base64"}, {"unknown": 1}):
        cached.ask(inputs, **members)
        assert asked() == [inputs], members
        cached.ask(inputs[::-1], **members)
        assert asked() == [], members
    cached.ask(inputs, user="someone")
    assert asked() == []


def test_tenants_are_apart(stack, cached, asked, name):
    inputs = [name("a"), name("b")]
    cached.ask(inputs)
    other = Caller(cached.url, key="sk-other").ask(inputs)
    assert asked() == [inputs, inputs]
    assert other.cache == "Penstock; fwd=uri-miss"


def test_an_error_passes_as_it_came_and_is_not_stored(cached, direct, asked, name):
    known, unknown = name("known"), name("unknown")
    cached.ask([known, name("too")])
    asked()
    fails = {"x-simulate": "error=429; retry-after=7; error-code=slow_down"}
    refused = cached.ask([known, unknown], headers=fails)
    assert asked() == [[unknown]]
    assert refused.status == 429
    assert refused.headers["retry-after"] == "7"
    assert refused.json["error"]["code"] == "slow_down"
    assert "x-penstock-error" not in refused.headers
    assert cached.ask([known, unknown]).status == 200
    assert asked() == [[unknown]]


@pytest.mark.parametrize("trouble", ["cut-after-bytes=200", "cut-after-bytes=200; close-delimited", "encoding=gzip"])
def test_an_answer_that_cannot_be_merged_is_an_error(cached, asked, name, trouble):
    known, unknown = name("known"), name("unknown")
    cached.ask([known, name("too")])
    broken = cached.ask([known, unknown], headers={"x-simulate": trouble})
    assert broken.status == 502
    assert broken.headers["x-penstock-error"] == "upstream_failed"
    asked()
    assert len(cached.ask([known, unknown]).vectors) == 2
    assert asked() == [[unknown]]


@pytest.mark.parametrize("framing", ["chunked", "close-delimited", "http10", "split"])
def test_the_merged_answer_has_a_length_whatever_the_upstream_framing(cached, direct, name, framing):
    cached.ask([name("a"), name("b")])
    merged = cached.ask([name("a"), name("c")], headers={"x-simulate": framing})
    assert merged.cache == "Penstock; fwd=partial"
    assert int(merged.headers["content-length"]) == len(merged.body)
    assert merged.vectors == direct.ask([name("a"), name("c")]).vectors


def test_cache_control_of_the_request(cached, asked, name):
    inputs = [name("a"), name("b")]
    missed = cached.ask(inputs, headers={"cache-control": "only-if-cached"})
    assert missed.status == 504 and asked() == []
    cached.ask(inputs, headers={"cache-control": "no-store"})
    assert asked() == [inputs]
    cached.ask(inputs[:1])
    assert asked() == [inputs[:1]]
    assert cached.ask(inputs, headers={"cache-control": "only-if-cached"}).status == 504
    assert cached.ask(inputs, headers={"cache-control": "no-cache"}).cache == "Penstock; fwd=request"
    assert asked() == [inputs]
    assert cached.ask(inputs, headers={"cache-control": "only-if-cached"}).status == 200
    assert asked() == []


def test_an_upstream_that_forbids_storing_is_obeyed(cached, asked, name):
    inputs = [name("a"), name("b")]
    for _ in range(2):
        cached.ask(inputs, headers={"x-simulate": "cache-control=no-store"})
        assert asked() == [inputs]


def test_without_usage_the_shares_are_estimated(stack, cached, asked, name):
    inputs = [name("a"), name("b")]
    cached.ask(inputs, headers={"x-simulate": "no-usage"})
    assert cached.ask(inputs).cache.startswith("Penstock; hit")
    record = record_of(stack, "hit")
    assert record["usage"]["input"] > 0 and record["usage"]["estimated"]


def test_a_long_batch(cached, direct, asked, name):
    inputs = [name(f"text {i}") for i in range(1200)]
    cached.ask(inputs[::3], encoding_format="float")
    asked()
    some = cached.ask(inputs, encoding_format="float")
    assert some.cache == "Penstock; fwd=partial"
    again = cached.ask(inputs, encoding_format="float")
    assert again.cache.startswith("Penstock; hit")
    assert some.vectors == again.vectors == direct.ask(inputs, encoding_format="float").vectors
    assert len(json.dumps(some.json["data"])) > 1_000_000


def test_many_batches_on_one_connection(cached, direct, name):
    with openai.OpenAI(base_url=cached.url + "/v1", api_key="sk-test", max_retries=0) as client:
        plain = direct.ask([name(str(i)) for i in range(12)], encoding_format="float").vectors
        for end in range(2, 12):
            inputs = [name(str(i)) for i in reversed(range(end))]
            for options in ({}, {"encoding_format": "float"}):
                answer = client.embeddings.create(model=MODEL, input=inputs, **options)
                assert [element.index for element in answer.data] == list(range(end))
                for element, expected in zip(answer.data, reversed(plain[:end])):
                    assert element.embedding == pytest.approx(expected)
                assert answer.model == MODEL
                assert answer.usage.prompt_tokens > 0
