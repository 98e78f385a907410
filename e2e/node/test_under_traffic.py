"""Real pods while calls come through their Service: what is done around them must fail none."""

import openai
from installation import SYSTEM, policy_document
from polling import wait_until
from spaces import POLICIES
from traffic import CACHING, TIER, Load, ask, engine, engine_calls, start


def test_the_official_sdk_gets_hits_that_never_reach_the_engine(space):
    space.apply(TIER)
    address = start(space, caching=CACHING)
    question = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "What is a penstock?"}]}
    with openai.OpenAI(base_url=f"http://{address}/v1", api_key="sk-test", max_retries=0) as client:
        before = engine_calls(space)
        first = client.chat.completions.create(**question)
        assert engine_calls(space) == before + 1
        for _ in range(5):
            raw = client.chat.completions.with_raw_response.create(**question)
            assert "hit" in raw.headers["cache-status"]
            assert raw.parse().choices[0].message.content == first.choices[0].message.content
        chunks = [chunk for chunk in client.chat.completions.create(**question, stream=True) if chunk.choices]
        streamed = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
        assert streamed == first.choices[0].message.content
        assert engine_calls(space) == before + 1
        other = {**question, "messages": [{"role": "user", "content": "And a sluice?"}]}
        client.chat.completions.create(**other)
        assert engine_calls(space) == before + 2


def test_a_service_by_the_ports_name_is_led_to_the_sidecar(space):
    """NamedPort: the sidecar takes the name, on another number; the engine stays as it is."""
    deployment, service = engine("engine", {"app": "llm"})
    service["spec"]["ports"][0]["targetPort"] = "http"
    for document in (deployment, service):
        space.apply(document)
    space.apply(policy_document("chat", {"app": "llm"}, interception={"mode": "NamedPort"}))
    wait_until(lambda: space.policy("chat").get("status", {}).get("injection"), "injection")
    assert space.policy("chat")["status"]["interception"] == "NamedPort"
    space.cluster.kubectl("-n", space.name, "rollout", "restart", "deployment/engine")
    space.cluster.kubectl("-n", space.name, "rollout", "status", "deployment/engine", "--timeout=60s")

    def new_pods() -> list[dict]:
        return [pod for pod in space.pods("app=llm") if "deletionTimestamp" not in pod["metadata"]]

    wait_until(lambda: space.policy("chat")["status"]["pods"].get("proven") == 1, "the proof of traffic", seconds=60)
    space.await_condition("chat", "Programmed", "True", seconds=30)
    pod = new_pods()[0]["spec"]
    assert pod["containers"][0]["args"] == ["model-server", "--port", "8000"]
    named = [port for one in (*pod["initContainers"], *pod["containers"]) for port in one["ports"] if port.get("name") == "http"]
    assert [port["containerPort"] for port in named] == [15001]
    address = space.api.get(f"/api/v1/namespaces/{space.name}/services/engine")["spec"]["clusterIP"]
    # Until whoever leads traffic has heard that the pod from before is gone.
    wait_until(lambda: "x-penstock-policy" in ask(address, "by name"), "the Service", seconds=30)
    with Load(address):
        assert all("x-penstock-policy" in ask(address, f"by name {number}") for number in range(20))


def test_a_rollout_of_the_engine_fails_no_request(space):
    address = start(space, replicas=2)
    old = {pod["metadata"]["name"] for pod in space.pods("app=llm")}

    def has_ended() -> bool:
        return not old & {pod["metadata"]["name"] for pod in space.pods("app=llm")}

    with Load(address):
        space.cluster.kubectl("-n", space.name, "rollout", "restart", "deployment/engine")
        space.cluster.kubectl("-n", space.name, "rollout", "status", "deployment/engine", "--timeout=90s")
        wait_until(has_ended, "the old pods' end", seconds=90)
    counts = {"selected": 2, "injected": 2, "programmed": 2, "proven": 2}
    wait_until(lambda: space.policy("chat")["status"]["pods"] == counts, "the new pods", seconds=30)


def test_a_restart_of_the_api_server_fails_no_request(space):
    address = start(space, replicas=2)
    with Load(address) as load:
        space.cluster.restart_api_server()
        load.goes_on()
        old = ask(address, "before")["x-penstock-policy"]
        space.api.merge(f"{POLICIES.format(space.name)}/chat", {"spec": {"mode": "Off"}})
        wait_until(lambda: space.policy("chat")["status"]["observedGeneration"] == 2, "the edit", seconds=60)
        space.await_condition("chat", "Programmed", "True", seconds=60)
        assert ask(address, "after")["x-penstock-policy"] != old


def test_an_uninstall_of_the_chart_fails_no_request_and_leaves_nothing_behind_that_ends(space, uninstalled):
    address = start(space)
    kinds = ("optimizationpolicies", "cachetiers", "routingtables")
    with Load(address) as load:
        uninstalled()
        wait_until(lambda: not space.api.get(f"/api/v1/namespaces/{SYSTEM}/pods")["items"], "the operators' end")
        load.goes_on()
        ends = [
            *space.api.get("/api/v1/namespaces")["items"],
            *space.pods("app=llm"),
            *space.api.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions")["items"],
            *(item for kind in kinds for item in space.api.get(f"/apis/penstock.dev/v1alpha1/{kind}")["items"]),
        ]
        assert [item["metadata"]["name"] for item in ends if "deletionTimestamp" in item["metadata"]] == []
        assert space.policy("chat")
        # A new pod is made as if there were no policy, and the Service leads to it as well.
        space.cluster.kubectl("-n", space.name, "scale", "deployment/engine", "--replicas=2")
        space.cluster.kubectl("-n", space.name, "rollout", "status", "deployment/engine", "--timeout=60s")
        assert sorted(len(pod["spec"].get("initContainers", [])) for pod in space.pods("app=llm")) == [0, 1]
    # And one can go away by hand.
    space.cluster.kubectl("-n", space.name, "delete", "opol", "chat", "--timeout=10s")
