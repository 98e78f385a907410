"""Real pods: injected by the admission policy, configured by the operator's pod, asked through a Service."""

import copy
import re
import threading
import time
import urllib.request

import pytest
from installation import policy_document
from polling import wait_until
from release import upgrade
from spaces import CACHING, POLICIES, TIER, Namespace
from traffic import SIMULATE, Load, ask, credential, engine, engine_calls, journal, request_of, start


def test_traffic_passes_the_sidecar_and_hits_never_reach_the_engine(space):
    space.apply(TIER)
    address = start(space, caching=CACHING)
    pod = space.pods("app=llm")[0]
    assert [container["name"] for container in pod["spec"]["initContainers"]] == ["penstock-sidecar"]
    space.await_condition("chat", "Injected", "True")
    space.await_condition("chat", "Degraded", "False")
    ask(address, "the same question")
    before = engine_calls(space)
    for _ in range(5):
        assert "hit" in ask(address, "the same question")["cache-status"]
    assert engine_calls(space) == before


def test_a_sidecar_that_is_no_root_takes_a_low_port(space):
    """As text-generation-inference has it; what that takes is admitted where Pod Security is strictest."""
    address = start(space, port=80)
    assert "x-penstock-policy" in ask(address, "at port 80")
    assert space.pods("app=llm")[0]["spec"]["containers"][0]["args"] == ["model-server", "--port", "10080"]
    assert len(journal(space, port=10080)) > 0


def test_an_edit_reaches_real_pods(space, record_property):
    address = start(space, replicas=3)
    took = []
    path = f"/apis/penstock.dev/v1alpha1/namespaces/{space.name}/optimizationpolicies/chat"
    for edit in range(5):
        old = ask(address, f"before {edit}")["x-penstock-policy"]
        began = time.monotonic()
        space.api.merge(path, {"spec": {"observability": {"recentRequests": 100 + edit}}})
        ips = [pod["status"]["podIP"] for pod in space.pods("app=llm")]

        def has_changed(ip: str, old: str = old) -> bool:
            with urllib.request.urlopen(f"http://{ip}:15820/readyz", timeout=5) as answer:
                return answer.headers["x-penstock-policy"] != old

        for ip in ips:
            wait_until(lambda ip=ip: has_changed(ip), f"the edit at {ip}", seconds=30, every=0.01)
            took.append(time.monotonic() - began)
        space.await_condition("chat", "Programmed", "True")
    took.sort()
    record_property("edit_to_real_pods_p50_ms", round(took[len(took) // 2] * 1000))
    record_property("edit_to_real_pods_max_ms", round(took[-1] * 1000))
    assert took[-1] < 1.5


def test_a_stream_survives_its_pods_deletion(space):
    address = start(space)
    events: list[str] = []
    began = threading.Event()

    def read() -> None:
        wish = {SIMULATE: "events=120; event-interval-ms=500"}
        with urllib.request.urlopen(request_of(address, "a story of a minute", wish, stream=True), timeout=90) as answer:
            for line in answer:
                events.append(line.decode().strip())
                began.set()

    reader = threading.Thread(target=read)
    reader.start()
    assert began.wait(20)
    name = space.pods("app=llm")[0]["metadata"]["name"]
    space.cluster.kubectl("-n", space.name, "delete", "pod", name, "--wait=false")
    reader.join(90)
    assert events and [event for event in events if event][-1] == "data: [DONE]"
    assert len([event for event in events if event.startswith("data: {")]) >= 120
    wait_until(lambda: name not in [pod["metadata"]["name"] for pod in space.pods("app=llm")], "its end", seconds=60)


def test_the_operator_fails_over_and_traffic_does_not_notice(space):
    address = start(space)
    system = "/api/v1/namespaces/penstock-system/pods"
    lease = "/apis/coordination.k8s.io/v1/namespaces/penstock-system/leases/penstock-operator"
    holder = space.api.get(lease)["spec"]["holderIdentity"]
    space.api.delete(f"{system}/{holder}?gracePeriodSeconds=0")
    ask(address, "without a leader")
    wait_until(lambda: space.api.get(lease)["spec"]["holderIdentity"] not in ("", holder), "another leader")
    path = f"/apis/penstock.dev/v1alpha1/namespaces/{space.name}/optimizationpolicies/chat"
    space.api.merge(path, {"spec": {"mode": "Off"}})
    wait_until(lambda: space.policy("chat")["status"]["observedGeneration"] == 2, "the new leader's work", seconds=60)
    space.await_condition("chat", "Programmed", "True", seconds=30)
    ask(address, "with a new leader")


def test_deleting_the_policy_leaves_traffic_flowing(space):
    address = start(space)
    running = f"http://{space.pods('app=llm')[0]['status']['podIP']}:15820/readyz"

    def policy_version() -> str:
        with urllib.request.urlopen(running, timeout=5) as answer:
            return answer.headers["x-penstock-policy"]

    deleted = policy_version()
    assert deleted == space.policy("chat")["status"]["hash"]
    with Load(address):
        space.cluster.kubectl("-n", space.name, "delete", "opol", "chat")
        # The kubelet's own round comes after 60 to 90 s.
        wait_until(lambda: policy_version() != deleted, "the end of its policy", seconds=20)
    assert ask(address, "still there?")


def probed(injected: dict) -> dict:
    """Such a pod's spec, with a startupProbe in place of the hook that waits for the sidecar."""
    spec = copy.deepcopy(injected["spec"])
    del spec["nodeName"]
    sidecar = spec["initContainers"][0]
    del sidecar["lifecycle"]["postStart"]
    sidecar["startupProbe"] = {"httpGet": sidecar["readinessProbe"]["httpGet"], "periodSeconds": 1, "failureThreshold": 30}
    return spec


def test_readiness_costs_what_a_native_sidecar_costs(space, record_property):
    """The same pod with and without the sidecar, and with one that a startupProbe waits for, taken in turns."""
    start(space)
    plain = engine("x", {"app": "other"})[0]["spec"]["template"]["spec"]
    specs = {"with": plain, "without": plain, "probed": probed(space.pods("app=llm")[0])}
    times: dict[str, list[float]] = {kind: [] for kind in specs}
    for number in range(5):
        for kind, spec in specs.items():
            labels = {"app": "llm" if kind == "with" else "other"}
            name = f"{kind}-{number}"
            pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": spec}
            began = time.monotonic()
            space.api.create(f"/api/v1/namespaces/{space.name}/pods", pod)

            def is_ready(name: str = name) -> bool:
                status = space.api.get(f"/api/v1/namespaces/{space.name}/pods/{name}")["status"]
                return any(c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions", []))

            wait_until(is_ready, name, every=0.02)
            times[kind].append(time.monotonic() - began)
            space.api.delete(f"/api/v1/namespaces/{space.name}/pods/{name}?gracePeriodSeconds=0")
    medians = {kind: sorted(values)[len(values) // 2] for kind, values in times.items()}
    record_property("ready_without_ms", round(medians["without"] * 1000))
    record_property("ready_with_ms", round(medians["with"] * 1000))
    record_property("ready_with_startup_probe_ms", round(medians["probed"] * 1000))
    assert medians["with"] - medians["without"] < 1.3
    assert medians["probed"] - medians["with"] > 0.5, "docs/adr/0016: why there is none"


def test_rules_lead_the_port_of_an_engine_that_does_not_move(penstock, namespace):
    """Redirect needs what Pod Security's levels but one refuse; that is told, and where it is admitted it works."""
    space = Namespace(penstock, namespace)
    label = ("label", "namespace", namespace, "--overwrite")
    penstock.kubectl(*label, "pod-security.kubernetes.io/enforce=restricted")
    for document in engine("engine", {"app": "llm"}):
        space.apply(document)
    space.apply(policy_document("chat", {"app": "llm"}, interception={"mode": "Redirect"}))
    message = space.await_condition("chat", "Injected", "False", "PodSecurity")["message"]
    assert "does not admit (pod-security.kubernetes.io/enforce: restricted)" in message
    penstock.kubectl(*label, "pod-security.kubernetes.io/enforce=privileged")
    wait_until(lambda: space.policy("chat")["status"].get("injection"), "injection")
    space.cluster.kubectl("-n", namespace, "rollout", "restart", "deployment/engine")
    space.cluster.kubectl("-n", namespace, "rollout", "status", "deployment/engine", "--timeout=60s")
    space.await_condition("chat", "Programmed", "True", seconds=30)
    wait_until(lambda: space.policy("chat")["status"]["pods"].get("proven") == 1, "the proof of traffic", seconds=30)
    address = space.api.get(f"/api/v1/namespaces/{namespace}/services/engine")["spec"]["clusterIP"]
    # Until whoever leads traffic has heard that the pod from before is gone.
    wait_until(lambda: "x-penstock-policy" in ask(address, "led by rules"), "the Service", seconds=30)
    pod = next(pod for pod in space.pods("app=llm") if "deletionTimestamp" not in pod["metadata"])
    container = pod["spec"]["containers"][0]
    assert container["args"] == ["model-server", "--port", "8000"], "the engine stays as it is"
    assert container["readinessProbe"]["tcpSocket"]["port"] == 18000


def test_an_engine_behind_rules_is_asked_itself_whether_it_is_ready(space):
    """The sidecar takes every connection to the engine's port; a probe must not go by that."""
    space.cluster.kubectl("label", "namespace", space.name, "--overwrite", "pod-security.kubernetes.io/enforce=privileged")
    deployment, _ = engine("engine", {"app": "llm"})
    deployment["spec"]["template"]["spec"]["containers"][0]["args"] = ["model-server", "--listen", "0.0.0.0:8001"]
    space.apply(policy_document("chat", {"app": "llm"}, interception={"mode": "Redirect", "engine": {"port": 8000}}))
    space.apply(deployment)
    wait_until(lambda: space.policy("chat")["status"].get("injection"), "injection")
    space.cluster.kubectl("-n", space.name, "rollout", "restart", "deployment/engine")

    def refused() -> bool:
        events = space.api.get(f"/api/v1/namespaces/{space.name}/events")["items"]
        return any("18000: connect: connection refused" in event["message"] for event in events if event["reason"] == "Unhealthy")

    wait_until(refused, "a probe that finds no engine", seconds=60)
    injected = [pod for pod in space.pods("app=llm") if "initContainers" in pod["spec"]]
    assert injected and not any(status["ready"] for pod in injected for status in pod["status"]["containerStatuses"])


def test_a_service_past_the_sidecar_is_told(space):
    """Judged once pods are ready for half a minute: younger ones may not be known to who leads traffic to them."""
    address = start(space)
    wait_until(lambda: space.policy("chat")["status"]["pods"]["proven"] == 1, "the proof of traffic")
    past = engine("past", {"app": "llm"})[1]
    past["spec"]["ports"][0]["targetPort"] = 18000
    space.apply(past)
    message = space.await_condition("chat", "Degraded", "True", "TrafficBypassed", seconds=60)["message"]
    assert "Service past (port 18000) leads past the sidecar" in message
    space.await_condition("chat", "Programmed", "False", "TrafficBypassed")
    space.cluster.kubectl("-n", space.name, "delete", "service", "past")
    space.await_condition("chat", "Programmed", "True")
    ask(address, "all the while")


@pytest.fixture
def starved(penstock):
    """Sidecars may take less memory than they start with."""
    upgrade(penstock, "--set", "sidecar.resources.memory=1Mi")
    yield
    upgrade(penstock, "--set", "sidecar.resources.memory=96Mi")


def test_a_pod_whose_sidecar_does_not_become_ready_gets_no_calls(starved, space):
    """Nor does its engine start; the conditions say which pod it is, and why."""
    known = {"engine": {"port": 8000, "flag": "--port"}}
    limits = {"limits": {"collectedBody": "1Mi", "collectedTotal": "1Mi"}}
    space.apply(policy_document("chat", {"app": "llm"}, interception=known, listener=limits))
    wait_until(lambda: space.policy("chat").get("status", {}).get("injection"), "injection")
    for document in engine("engine", {"app": "llm"}):
        space.apply(document)

    def has_failed() -> bool:
        (status,) = space.pods("app=llm")[0]["status"]["initContainerStatuses"]
        return status["restartCount"] > 0 and not status["ready"]

    wait_until(has_failed, "a failure of the sidecar")
    pod = space.pods("app=llm")[0]["metadata"]["name"]
    message = space.await_condition("chat", "Degraded", "True", "SidecarFails")["message"]
    assert re.search(rf"{pod} \((RunContainerError|StartError|OOMKilled)\)", message), "as the kubelet has it"
    space.await_condition("chat", "Programmed", "False", "SidecarFails")
    slices = f"/apis/discovery.k8s.io/v1/namespaces/{space.name}/endpointslices?labelSelector=kubernetes.io/service-name=engine"
    ends = [end for part in space.api.get(slices)["items"] for end in part["endpoints"] or []]
    assert not any(end["conditions"]["ready"] for end in ends)
    assert "running" not in space.pods("app=llm")[0]["status"]["containerStatuses"][0]["state"]
    address = space.api.get(f"/api/v1/namespaces/{space.name}/services/engine")["spec"]["clusterIP"]
    with pytest.raises(OSError):
        ask(address, "is anybody there?")


def test_a_policy_that_goes_bad_keeps_the_last_good_version(space):
    address = start(space)
    good = ask(address, "before")["x-penstock-policy"]
    path = f"{POLICIES.format(space.name)}/chat"
    space.api.merge(path, {"spec": {"routing": {"tableRef": {"name": "nowhere"}}}})
    space.await_condition("chat", "ResolvedRefs", "False", "NotResolved")
    space.await_condition("chat", "Programmed", "True")
    assert ask(address, "after")["x-penstock-policy"] == good
    space.api.merge(path, {"spec": {"routing": None}})
    space.await_condition("chat", "Degraded", "False")


def test_two_policies_share_a_tier(space):
    """By its name: each sidecar has a cache of its own, of the size that the tier says."""
    space.apply(TIER)
    address = start(space, caching=CACHING)
    known = {"engine": {"port": 8000, "flag": "--port"}}
    space.apply(policy_document("other", {"app": "other"}, interception=known, caching=CACHING))
    wait_until(lambda: space.policy("other").get("status", {}).get("injection"), "injection")
    for document in engine("other", {"app": "other"}):
        space.apply(document)
    space.await_condition("other", "Programmed", "True", seconds=60)
    tier = f"/apis/penstock.dev/v1alpha1/namespaces/{space.name}/cachetiers/memory"
    wait_until(lambda: space.api.get(tier)["status"]["policies"] == 2, "the tier's status")
    before = {name: space.policy(name)["status"]["hash"] for name in ("chat", "other")}
    space.api.merge(tier, {"spec": {"memory": {"size": "24Mi"}}})
    for name, old in before.items():
        wait_until(lambda name=name, old=old: space.policy(name)["status"]["hash"] != old, f"the edit in {name}")
        space.await_condition(name, "Programmed", "True", seconds=30)
    ask(address, "still there")
    assert "hit" in ask(address, "still there")["cache-status"]


def test_a_rotated_secret_is_taken_over_while_traffic_runs(space):
    table = {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "RoutingTable",
        "metadata": {"name": "models"},
        "spec": {
            "backends": [
                {
                    "name": "engine",
                    "url": "http://127.0.0.1:8000",
                    "dialect": "OpenAI",
                    "credentials": {"secretRef": {"name": "upstream", "key": "token"}},
                }
            ]
        },
    }
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "upstream"}, "stringData": {"token": "first"}}
    space.apply(secret)
    space.apply(table)
    address = start(space, routing={"tableRef": {"name": "models"}}, listener={"authentication": {"allowAnonymous": True}})

    def sent() -> str:
        ask(address, "who am I?")
        return next(value for name, value in journal(space)[-1]["headers"] if name.lower() == "authorization")

    assert sent() == credential("Bearer first")
    space.apply({**secret, "stringData": {"token": "second"}})
    pod = space.pods("app=llm")[0]["metadata"]["name"]
    # Unasked, the kubelet looks at a pod's Secrets once a minute.
    space.cluster.kubectl("-n", space.name, "annotate", "pod", pod, "test=look")
    wait_until(lambda: sent() == credential("Bearer second"), "the new credential", seconds=120, every=0.5)


def test_calls_of_clients_pass_their_own_sidecar(space):
    """A Job that calls the engine by the base URL in its environment; what it asks twice is answered beside it."""
    for document in engine("engine", {"app": "llm"}):
        space.apply(document)
    space.cluster.kubectl("-n", space.name, "rollout", "status", "deployment/engine", "--timeout=60s")
    address = space.api.get(f"/api/v1/namespaces/{space.name}/services/engine")["spec"]["clusterIP"]
    space.apply(TIER)
    container = engine("x", {})[0]["spec"]["template"]["spec"]["containers"][0]
    load = ["load", "--target", "$(OPENAI_BASE_URL)", "--requests", "60", "--repeat-share", "0.9", "--dialects", "openai"]
    client = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "client", "labels": {"app": "client"}},
        "spec": {
            "restartPolicy": "Never",
            "containers": [
                {
                    **{part: container[part] for part in ("image", "imagePullPolicy", "securityContext")},
                    "name": "client",
                    "args": load,
                    "env": [{"name": "OPENAI_BASE_URL", "value": f"http://{address}"}],
                }
            ],
        },
    }
    # A pod alone tells its policy what it is only once it is there, so this one is told by a Deployment of the same shape.
    shape = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "clients"},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": {"app": "client"}},
            "template": {"metadata": {"labels": {"app": "client"}}, "spec": {"containers": client["spec"]["containers"]}},
        },
    }
    space.apply(shape)
    space.apply(policy_document("calls", {"app": "client"}, caching={**CACHING, "sampled": "Cache"}))
    wait_until(lambda: space.policy("calls").get("status", {}).get("interception") == "Environment", "injection")
    space.apply(client)

    def succeeded() -> bool:
        phase = space.api.get(f"/api/v1/namespaces/{space.name}/pods/client")["status"].get("phase")
        assert phase != "Failed"
        return phase == "Succeeded"

    wait_until(succeeded, "the client")
    assert 0 < len(journal(space, 8000)) < 40
