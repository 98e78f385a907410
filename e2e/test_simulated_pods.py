"""Pods of a simulated node: real sidecar processes, configured and watched by the operator."""

import concurrent.futures
import json
import pathlib
import statistics
import subprocess
import threading
import time
import urllib.request

import pytest
from fake_node import NETWORK, FakeNode
from installation import ROOT, operator_kubeconfig, policy_document
from kwok_node import KwokNode
from operator_process import OperatorProcess
from polling import wait_until
from spaces import CACHING, TIER, Namespace, deployment


@pytest.fixture(scope="module")
def node(admission, programs, tmp_path_factory):
    running = FakeNode(admission, "simulated", programs, tmp_path_factory.mktemp("node"))
    yield running
    running.stop()
    assert running.problems == []


@pytest.fixture(scope="module")
def kwok_node(admission, programs, tmp_path_factory):
    built = subprocess.run([ROOT / "e2e/cluster/build-beside", "kwok", "--check"], capture_output=True, text=True)
    if built.returncode != 0:
        pytest.skip("kwok is not built (e2e/cluster/build-beside kwok)")
    running = KwokNode(admission, "kwok", programs, tmp_path_factory.mktemp("kwok"), pathlib.Path(built.stdout.strip()))
    yield running
    running.stop()
    assert running.problems == []


@pytest.fixture(params=["node", "kwok_node"])
def any_node(request) -> FakeNode:
    return request.getfixturevalue(request.param)


@pytest.fixture
def space(running_operator, admission, namespace) -> Namespace:
    return Namespace(admission, namespace)


def injected_deployment(space: Namespace, replicas: int, node: str = "simulated") -> None:
    """A policy, and an engine behind it whose every pod carries the sidecar."""
    space.apply(policy_document("chat", {"app": "llm"}, interception={"engine": {"port": 8000, "flag": "--port"}}))
    wait_until(lambda: space.policy("chat").get("status", {}).get("injection"), "injection")
    document = deployment("engine", {"app": "llm"})
    document["spec"]["replicas"] = replicas
    document["spec"]["template"]["spec"]["nodeName"] = node
    space.apply(document)


def ask(ip: str, text: str) -> dict:
    """A chat request through a pod's address; the answer's headers."""
    body = json.dumps({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}]}).encode()
    request = urllib.request.Request(
        f"http://{ip}:8000/v1/chat/completions", body, {"content-type": "application/json", "authorization": "Bearer k"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert json.loads(answer.read())["choices"]
        return {name.lower(): value for name, value in answer.headers.items()}


def test_new_pods_are_injected_programmed_and_carry_traffic(space, any_node):
    injected_deployment(space, 2, any_node.name)
    space.await_condition("chat", "Programmed", "True")
    space.await_condition("chat", "Injected", "True")
    space.await_condition("chat", "Degraded", "False")
    counts = {"selected": 2, "injected": 2, "programmed": 2, "proven": 2}
    wait_until(lambda: space.policy("chat")["status"]["pods"] == counts, "the proof of their traffic")
    for pod in space.pods("app=llm"):
        assert "x-penstock-policy" in ask(pod["status"]["podIP"], "hello")


@pytest.mark.skipif(NETWORK is None, reason="endpoints need addresses beyond loopback: root, for a network namespace")
def test_the_endpoints_of_a_service_are_sidecars_that_carry_traffic(space, any_node):
    injected_deployment(space, 2, any_node.name)
    ports = [{"name": "http", "port": 80, "targetPort": 8000}]
    space.apply(
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "engine"}, "spec": {"selector": {"app": "llm"}, "ports": ports}}
    )

    def ready() -> list[tuple[str, int]]:
        label = "labelSelector=kubernetes.io/service-name=engine"
        slices = space.api.get(f"/apis/discovery.k8s.io/v1/namespaces/{space.name}/endpointslices?{label}")["items"]
        return [
            (endpoint["addresses"][0], part["ports"][0]["port"])
            for part in slices
            for endpoint in part["endpoints"] or []
            if endpoint["conditions"]["ready"]
        ]

    wait_until(lambda: len(ready()) == 2, "two endpoints")
    space.await_condition("chat", "Programmed", "True")
    assert {port for _, port in ready()} == {8000}
    for address, _ in ready():
        assert "x-penstock-policy" in ask(address, "hello")
    space.cluster.kubectl("-n", space.name, "scale", "deployment/engine", "--replicas=1")
    wait_until(lambda: len(ready()) == 1, "one endpoint")


def test_caching_is_switched_on_by_an_edit_and_hits(space, node):
    injected_deployment(space, 1)
    space.await_condition("chat", "Programmed", "True")
    space.apply(TIER)
    old = space.policy("chat")["status"]["hash"]
    patch = {"spec": {"caching": CACHING}}
    space.cluster.kubectl("-n", space.name, "patch", "opol", "chat", "--type=merge", "-p", json.dumps(patch))
    wait_until(lambda: space.policy("chat")["status"]["hash"] != old, "a new hash")
    space.await_condition("chat", "Programmed", "True")
    ip = space.pods("app=llm")[0]["status"]["podIP"]
    assert "hit" not in ask(ip, "cached?")["cache-status"]
    assert "hit" in ask(ip, "cached?")["cache-status"]


def ready_pods(space: Namespace) -> list[str]:
    return [
        pod["metadata"]["name"]
        for pod in space.pods("app=llm")
        if "deletionTimestamp" not in pod["metadata"]
        and any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", []))
    ]


def plain_pods(space: Namespace, document: dict, replicas: int) -> list[str]:
    """The names of the pods of a workload that runs before there is a policy."""
    document["spec"]["replicas"] = replicas
    document["spec"]["template"]["spec"]["nodeName"] = "simulated"
    space.apply(document)
    wait_until(lambda: len(ready_pods(space)) == replicas, "plain pods", seconds=30)
    return ready_pods(space)


def await_said(space: Namespace, text: str) -> None:
    wait_until(lambda: text in space.condition("chat", "Injected")["message"], f"the condition to say: {text}")


def test_restart_replaces_running_pods_one_at_a_time_within_their_budget(space, node):
    plain = plain_pods(space, deployment("engine", {"app": "llm"}), 3)
    budget = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "engine"},
        "spec": {"maxUnavailable": 0, "selector": {"matchLabels": {"app": "llm"}}},
    }
    space.apply(budget)
    space.apply(policy_document("chat", {"app": "llm"}, interception={"rollout": "Restart"}))
    message = space.await_condition("chat", "Injected", "False", "RestartRequired")["message"]
    assert "replaced one at a time" in message
    await_said(space, "the next once a disruption budget lets one of these go: engine-")
    assert ready_pods(space) == plain, "the budget allows nothing"
    # From here on nothing but the operator itself keeps any of them.
    space.cluster.kubectl("-n", space.name, "delete", "poddisruptionbudget", "engine")
    least = [3]

    def is_injected() -> bool:
        least.append(len(ready_pods(space)))
        return space.policy("chat")["status"]["pods"] == {"selected": 3, "injected": 3, "programmed": 3, "proven": 3}

    wait_until(is_injected, "three injected pods", seconds=90, every=0.02)
    assert min(least) == 2
    space.await_condition("chat", "Injected", "True")


def test_a_pod_that_is_not_made_anew_is_waited_for(space, node):
    """Of a StatefulSet, while a quota lets no pod be made: the other one stays."""
    document = deployment("web", {"app": "llm"})
    document["kind"] = "StatefulSet"
    document["spec"] |= {"serviceName": "web", "podManagementPolicy": "Parallel"}
    plain_pods(space, document, 2)
    space.apply({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "few"}, "spec": {"hard": {"pods": "1"}}})
    quota = f"/api/v1/namespaces/{space.name}/resourcequotas/few"
    wait_until(lambda: space.api.get(quota)["status"] == {"hard": {"pods": "1"}, "used": {"pods": "2"}}, "the quota")
    space.apply(policy_document("chat", {"app": "llm"}, interception={"rollout": "Restart"}))
    await_said(space, "the next once statefulset/web has 2 ready pods instead of 1")
    assert len(ready_pods(space)) == 1
    space.cluster.kubectl("-n", space.name, "delete", "resourcequota", "few")
    space.await_condition("chat", "Injected", "True", seconds=120)
    wait_until(lambda: space.policy("chat")["status"]["pods"]["injected"] == 2, "both")


def test_deleting_the_policy_leaves_a_pass_through(space, node):
    injected_deployment(space, 1)
    space.await_condition("chat", "Programmed", "True")
    pod = next(pod for pod in node.pods.values() if pod.namespace == space.name)
    hash_of_policy = space.policy("chat")["status"]["hash"]
    assert pod.sidecar_answers("/readyz")["x-penstock-policy"] == hash_of_policy
    space.cluster.kubectl("-n", space.name, "delete", "opol", "chat")
    # Far less than the kubelet's own round, of a minute and more; this one has none.
    wait_until(lambda: pod.sidecar_answers("/readyz")["x-penstock-policy"] != hash_of_policy, "the end of its policy", seconds=20)
    assert ask(pod.ip, "still there?")


def test_an_edit_reaches_fifty_sidecars(space, node, record_property):
    injected_deployment(space, 50)
    space.await_condition("chat", "Programmed", "True", seconds=120)
    took = []
    path = f"/apis/penstock.dev/v1alpha1/namespaces/{space.name}/optimizationpolicies/chat"
    for edit in range(5):
        old = space.policy("chat")["status"]["hash"]
        pending = {pod.name: pod for pod in list(node.pods.values()) if pod.namespace == space.name}
        assert len(pending) == 50
        began = time.monotonic()
        space.api.merge(path, {"spec": {"mode": "Off" if edit % 2 == 0 else "Enforce"}})
        answers = set()
        while pending:
            assert time.monotonic() < began + 30, f"{len(pending)} sidecars run an old version"
            for name, pod in list(pending.items()):
                running = pod.sidecar_answers("/readyz")["x-penstock-policy"]
                if running != old:
                    took.append(time.monotonic() - began)
                    answers.add(running)
                    del pending[name]
        wait_until(lambda edit=edit: space.policy("chat")["status"]["observedGeneration"] == edit + 2, "the edit")
        assert answers == {space.policy("chat")["status"]["hash"]}
        space.await_condition("chat", "Programmed", "True")
    assert len(took) == 5 * 50
    took.sort()
    p99 = took[int(len(took) * 0.99)]
    record_property("edit_to_hash_p50_ms", round(statistics.median(took) * 1000))
    record_property("edit_to_hash_p99_ms", round(p99 * 1000))
    assert p99 < 1.5


def test_edits_under_load_fail_no_request(space, node):
    """Each edit swaps the policy of a sidecar that has requests under way; cached and not, streamed and not."""
    space.apply(TIER)
    injected_deployment(space, 2)
    space.await_condition("chat", "Programmed", "True")
    ips = [pod["status"]["podIP"] for pod in space.pods("app=llm")]
    ended = threading.Event()
    seen: list[set[str]] = [set() for _ in range(4)]
    asked = [0] * len(seen)

    def load(number: int) -> None:
        while not ended.is_set():
            asked[number] += 1
            text = "again" if asked[number] % 2 else f"{number}-{asked[number]}"
            seen[number].add(ask(ips[number % len(ips)], text)["x-penstock-policy"])

    path = f"/apis/penstock.dev/v1alpha1/namespaces/{space.name}/optimizationpolicies/chat"
    edits = [{"mode": "Off"}, {"mode": "Enforce", "caching": CACHING}, {"observability": {"recentRequests": 50}}, {"caching": None}]
    hashes = [space.policy("chat")["status"]["hash"]]
    with concurrent.futures.ThreadPoolExecutor(len(seen)) as pool:
        loads = [pool.submit(load, number) for number in range(len(seen))]
        try:
            wait_until(lambda: all(seen), "an answer by the first version to each thread")
            for edit in edits * 2:
                space.api.merge(path, {"spec": edit})
                generation = space.policy("chat")["metadata"]["generation"]

                def is_run(generation: int = generation) -> bool:
                    status = space.policy("chat")["status"]
                    return status["observedGeneration"] == generation and status["pods"]["programmed"] == 2

                wait_until(is_run, "the edit")
                hashes.append(space.policy("chat")["status"]["hash"])
                # Each thread has asked since every sidecar runs it.
                before = list(asked)
                wait_until(lambda before=before: all(now > old + 1 for now, old in zip(asked, before)), "requests")
        finally:
            ended.set()
        for one in loads:
            one.result(30)  # what failed in it
    assert len(set(hashes)) >= 5
    assert all(set(hashes) <= found for found in seen), "every version served every thread"


def test_another_operator_takes_over_while_edits_happen_and_none_is_lost(
    space, node, running_operator, admission, programs, tmp_path
):
    """Twice: the leader dies, and the other waits for its Lease's end; the leader is told to end, and gives it back."""
    names = [f"p{number}" for number in range(4)]
    for name in names:
        labels = {"app": name}
        space.apply(policy_document(name, labels, interception={"engine": {"port": 8000, "flag": "--port"}}))
        wait_until(lambda name=name: space.policy(name).get("status", {}).get("injection"), "injection")
        document = deployment(name, labels)
        document["spec"]["replicas"] = 1
        document["spec"]["template"]["spec"]["nodeName"] = "simulated"
        space.apply(document)
        space.await_condition(name, "Programmed", "True")
    lease = "/apis/coordination.k8s.io/v1/namespaces/penstock-system/leases/penstock-operator"

    def holder() -> str:
        return space.api.get(lease)["spec"].get("holderIdentity", "")

    kubeconfig = operator_kubeconfig(admission)
    second = OperatorProcess(
        programs / "penstock-operator", kubeconfig, tmp_path / "second.log", "--identity", "second"
    )
    edited = dict.fromkeys(names, 0)

    def edit_until(condition, what: str) -> None:
        def edit() -> bool:
            for name in names:
                edited[name] += 1
                path = f"/apis/penstock.dev/v1alpha1/namespaces/{space.name}/optimizationpolicies/{name}"
                space.api.merge(path, {"spec": {"observability": {"recentRequests": edited[name]}}})
            return condition()

        wait_until(edit, what)

    def is_current() -> bool:
        for name in names:
            policy = space.policy(name)
            config = space.api.get(f"/api/v1/namespaces/{space.name}/configmaps/penstock-{name}")
            delivered = json.loads(config["data"]["policy.json"])["spec"]["observability"]["recentRequests"]
            assert delivered == edited[name], (name, delivered, edited[name])
            status = policy["status"]
            assert status["observedGeneration"] == policy["metadata"]["generation"], name
            assert status["hash"] == config["metadata"]["annotations"]["penstock.dev/hash"], name
            assert status["pods"] == {"selected": 1, "injected": 1, "programmed": 1, "proven": 1}, name
            ip = space.pods(f"app={name}")[0]["status"]["podIP"]
            assert ask(ip, "which?")["x-penstock-policy"] == status["hash"], name
        return True

    try:
        assert holder() not in ("", "second")
        edit_until(lambda: min(edited.values()) == 3, "some edits")
        running_operator.kill()
        edit_until(lambda: holder() == "second", "the second's turn")
        wait_until(is_current, "every edit")
        running_operator.start()
        edit_until(lambda: True, "edits with both")
    finally:
        if running_operator.process.poll() is not None:
            running_operator.start()
        began = time.monotonic()
        assert second.stop() == 0
    edit_until(lambda: holder() not in ("", "second"), "the first's turn")
    assert time.monotonic() - began < 10, "it need not wait for the Lease's end"
    wait_until(is_current, "every edit")


def test_a_large_table_is_delivered_compressed(space, node):
    injected_deployment(space, 1)
    space.await_condition("chat", "Programmed", "True")
    engine = {"name": "engine", "url": "http://127.0.0.1:8000", "dialect": "OpenAI"}
    # With what the server notes of each field's owner, an object of twice the size is more than etcd takes.
    models = [{"name": f"{number}-".ljust(240, "x")} for number in range(320)]
    others = [{"name": f"b{number}", "url": "http://127.0.0.1:9", "dialect": "OpenAI", "models": models} for number in range(7)]
    table = {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "RoutingTable",
        "metadata": {"name": "large"},
        "spec": {"backends": [engine, *others], "routes": [{"backends": [{"name": "engine"}]}]},
    }
    space.apply(table)
    old = space.policy("chat")["status"]["hash"]
    path = f"/apis/penstock.dev/v1alpha1/namespaces/{space.name}/optimizationpolicies/chat"
    space.api.merge(path, {"spec": {"routing": {"tableRef": {"name": "large"}}}})
    new = wait_until(lambda: (found := space.policy("chat")["status"]["hash"]) != old and found, "a new hash")
    space.await_condition("chat", "Programmed", "True")
    config = space.api.get(f"/api/v1/namespaces/{space.name}/configmaps/penstock-chat")
    assert "table-large.json.gz" in config["binaryData"] and "data" not in config
    assert ask(space.pods("app=llm")[0]["status"]["podIP"], "by the table")["x-penstock-policy"] == new
