"""Real pods while calls come through their Service: what is done around them must fail none."""

import openai
import pytest
from fake_node import is_ready
from installation import SYSTEM, helm, newer_chart, policy_document
from polling import wait_until
from release import upgrade
from spaces import CACHING, POLICIES, TIER
from traffic import Load, ask, engine, engine_calls, goes_away, start


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
    assert [port["containerPort"] for port in named] == [15801]
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


@pytest.fixture
def no_operator(penstock):
    """Until the test lets one run again."""

    def scale(replicas: int) -> None:
        penstock.kubectl("-n", SYSTEM, "scale", "deployment/penstock-operator", f"--replicas={replicas}")
        penstock.kubectl("-n", SYSTEM, "rollout", "status", "deployment/penstock-operator", "--timeout=60s")

    replicas = penstock.api.get(f"/apis/apps/v1/namespaces/{SYSTEM}/deployments/penstock-operator")["spec"]["replicas"]
    scale(0)
    wait_until(lambda: not penstock.api.get(f"/api/v1/namespaces/{SYSTEM}/pods")["items"], "their end")
    yield lambda: scale(replicas)
    scale(replicas)


def test_without_an_operator_traffic_goes_on_and_a_pod_without_its_policy_passes_it_on(space, request):
    address = start(space, replicas=2)
    path = f"{POLICIES.format(space.name)}/chat"
    config = f"/api/v1/namespaces/{space.name}/configmaps/penstock-chat"
    with Load(address) as load:
        run_again = request.getfixturevalue("no_operator")
        old = ask(address, "before")["x-penstock-policy"]
        space.api.merge(path, {"spec": {"mode": "Off"}})
        load.goes_on()
        assert ask(address, "meanwhile")["x-penstock-policy"] == old
        first = {pod["metadata"]["name"] for pod in space.pods("app=llm")}
        # The third sidecar is told nothing, and passes on. The other two, once the kubelet has seen it, that their policy was deleted:
        # they go on with it, or pass through.
        space.api.delete(config)
        space.cluster.kubectl("-n", space.name, "scale", "deployment/engine", "--replicas=3")

        def third() -> str | None:
            """The address of the one that is new, once it is ready; the Deployment's controller makes it after a while."""
            new = [pod for pod in space.pods("app=llm") if pod["metadata"]["name"] not in first and is_ready(pod)]
            return new[0]["status"]["podIP"] if new else None

        of_nothing = ask(f"{wait_until(third, 'the third pod', seconds=60)}:8000", "without a policy")["x-penstock-policy"]
        load.goes_on()
        assert of_nothing != old
        run_again()
        counts = {"selected": 3, "injected": 3, "programmed": 3, "proven": 3}
        wait_until(lambda: space.policy("chat")["status"]["pods"] == counts, "the third pod", seconds=120)
    assert ask(address, "after")["x-penstock-policy"] == space.policy("chat")["status"]["hash"] != old


def test_an_upgrade_of_the_chart_and_its_rollback_fail_no_request(space, tmp_path):
    """To a chart whose definitions know more, and whose sidecars take more memory; pods take it over by a rollout."""
    address = start(space, replicas=2)

    def sidecar_memory() -> set[str]:
        pods = [pod for pod in space.pods("app=llm") if "deletionTimestamp" not in pod["metadata"]]
        return {pod["spec"]["initContainers"][0]["resources"]["requests"]["memory"] for pod in pods}

    def roll_out() -> None:
        space.await_condition("chat", "Degraded", "True", "RestartRequired", seconds=30)
        space.cluster.kubectl("-n", space.name, "rollout", "restart", "deployment/engine")
        space.cluster.kubectl("-n", space.name, "rollout", "status", "deployment/engine", "--timeout=90s")
        space.await_condition("chat", "Degraded", "False", seconds=30)

    before = sidecar_memory()
    with Load(address) as load:
        try:
            upgrade(space.cluster, "--set", "sidecar.resources.memory=112Mi", chart=newer_chart(tmp_path))
            load.goes_on()
            assert sidecar_memory() == before, "pods that run stay as they are"
            roll_out()
            assert len(sidecar_memory() - before) == 1
        finally:
            helm(space.cluster, "rollback", "penstock", "-n", SYSTEM, "--wait", "--timeout", "90s")
        load.goes_on()
        roll_out()
        assert sidecar_memory() == before
    space.await_condition("chat", "Programmed", "True", seconds=30)


def test_an_uninstall_of_the_chart_fails_no_request_and_leaves_nothing_behind_that_ends(space, uninstalled):
    goes_away(space, start(space), uninstalled)
