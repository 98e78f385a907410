"""The operator as a process on a real control plane: policies in, conditions, ConfigMaps and injected pods out."""

import json
import re
import time

import pytest
from dry_run import await_injection
from installation import policy_document
from polling import wait_until
from spaces import Namespace, deployment

# What it keeps a copy of.
LISTED = {
    *("optimizationpolicies", "cachetiers", "routingtables", "deployments", "statefulsets", "pods", "services"),
    *("endpointslices", "horizontalpodautoscalers", "configmaps", "namespaces"),
}
TABLE = {
    "apiVersion": "penstock.dev/v1alpha1",
    "kind": "RoutingTable",
    "metadata": {"name": "models"},
    "spec": {"backends": [{"name": "engine", "url": "http://127.0.0.1:8000", "dialect": "OpenAI"}]},
}


@pytest.fixture
def space(running_operator, admission, namespace) -> Namespace:
    return Namespace(admission, namespace)


def test_a_policy_for_a_workload_injects_its_new_pods(space):
    space.apply(policy_document("chat", {"app": "llm"}))
    assert space.await_condition("chat", "Accepted", "True")
    space.await_condition("chat", "Injected", "Unknown", "NoWorkload")
    space.apply(deployment("engine", {"app": "llm"}))
    # The Deployment's first pods may have been made before the operator had seen it.
    space.await_condition("chat", "ResolvedRefs", "True")
    wait_until(lambda: "injection" in space.policy("chat")["status"], "injection")
    space.cluster.kubectl("-n", space.name, "rollout", "restart", "deployment/engine")

    def all_injected():
        pods = [pod for pod in space.pods("app=llm") if "deletionTimestamp" not in pod["metadata"]]
        return pods and all("initContainers" in pod["spec"] for pod in pods) and pods

    # Without a node nothing becomes ready, so the rollout waits with one new pod beside the old ones.
    for pod in space.pods("app=llm"):
        if "initContainers" not in pod["spec"]:
            space.api.delete(f"/api/v1/namespaces/{space.name}/pods/{pod['metadata']['name']}?gracePeriodSeconds=0")
    pod = wait_until(all_injected, "injected pods")[0]
    sidecar, engine = pod["spec"]["initContainers"][0], pod["spec"]["containers"][0]
    assert sidecar["name"] == "penstock-sidecar"
    assert sidecar["restartPolicy"] == "Always"
    assert engine["args"] == ["--model", "m", "--port", "18000"]
    assert "--engine-port" in sidecar["args"] and "18000" in sidecar["args"]
    assert pod["spec"]["terminationGracePeriodSeconds"] == 90
    assert engine["lifecycle"]["preStop"]["httpGet"]["path"] == "/drained"
    assert pod["metadata"]["annotations"]["penstock.dev/policy"] == "chat"
    assert pod["metadata"]["annotations"]["kubectl.kubernetes.io/default-container"] == "vllm"
    assert space.await_condition("chat", "Injected", "True", "Injected")
    status = space.policy("chat")["status"]
    assert status["interception"] == "PortSwap"
    assert status["observedGeneration"] == 1
    config = space.api.get(f"/api/v1/namespaces/{space.name}/configmaps/penstock-chat")
    assert config["metadata"]["annotations"]["penstock.dev/hash"] == status["hash"]
    binding = json.loads(config["data"]["binding.json"])["spec"]
    assert "enginePort" not in binding, "the sidecar's flags say it"
    assert binding["hash"] == status["hash"]
    wait_until(
        lambda: all(
            pod["metadata"]["annotations"].get("penstock.dev/delivered") == status["hash"]
            for pod in space.pods("app=llm")
        ),
        "pods told",
    )


def test_pods_of_clients_are_told_that_their_model_apis_are_at_the_sidecar(space):
    variables = [{"name": "OPENAI_API_KEY", "value": "k"}, {"name": "OPENAI_BASE_URL", "value": "https://gateway.test/v1"}]
    client = deployment("client", {"app": "client"}, image="client", args=["run"], env=variables)
    space.apply(policy_document("calls", {"app": "client"}))
    space.apply(client)
    wait_until(lambda: space.policy("calls")["status"].get("injection"), "injection")
    assert space.policy("calls")["status"]["interception"] == "Environment"
    for pod in space.pods("app=client"):
        space.api.delete(f"/api/v1/namespaces/{space.name}/pods/{pod['metadata']['name']}?gracePeriodSeconds=0")

    def injected():
        return [pod for pod in space.pods("app=client") if "initContainers" in pod["spec"]]

    pod = wait_until(injected, "injected pods")[0]
    told = {variable["name"]: variable["value"] for variable in pod["spec"]["containers"][0]["env"]}
    assert told["OPENAI_BASE_URL"] == "http://127.0.0.1:15801/v1"
    assert told["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:15801"
    assert pod["spec"]["terminationGracePeriodSeconds"] == 30, "a client's own business"
    sidecar = pod["spec"]["initContainers"][0]
    assert sidecar["args"][-6:] == [
        *("--listen", "127.0.0.1:15801", "--openai-url", "https://gateway.test:443/v1"),
        *("--anthropic-url", "https://api.anthropic.com:443"),
    ]
    assert "preStop" not in sidecar["lifecycle"]
    config = space.api.get(f"/api/v1/namespaces/{space.name}/configmaps/penstock-calls")
    assert "providers" not in json.loads(config["data"]["binding.json"])["spec"], "the sidecar's flags say them"


def test_it_measures_itself(space, running_operator):
    space.apply(policy_document("chat", {"app": "llm"}))
    space.await_condition("chat", "Accepted", "True")

    def measured() -> bool:
        """Work is counted once it is done, which is after it is seen."""
        lines = dict(line.rsplit(" ", 1) for line in running_operator.metrics().splitlines() if not line.startswith("#"))
        assert lines["penstock_operator_leader"] == "1"
        assert float(lines['penstock_operator_objects{resource="optimizationpolicies"}']) >= 1
        assert float(lines['penstock_operator_work_total{kind="OptimizationPolicy",outcome="success"}']) >= 1
        assert float(lines['penstock_operator_api_requests_total{method="PATCH",code="200"}']) >= 1
        assert "penstock_build_info" in "".join(lines)
        return True

    wait_until(measured, "its metrics")


def test_it_shows_the_conditions_of_a_policy_as_long_as_that_is_there(space, running_operator):
    space.apply(policy_document("chat", {"app": "llm"}))
    of = f'namespace="{space.name}",policy="chat"'
    accepted, selected = f'penstock_policy_condition{{{of},type="Accepted"}}', f'penstock_policy_pods{{{of},state="selected"}}'
    wait_until(lambda: f"\n{accepted} 1\n" in running_operator.metrics(), "the condition")
    assert f"\n{selected} 0\n" in running_operator.metrics()
    space.apply(policy_document("chat", {"app": "llm"}, caching={"tiers": [{"ref": {"name": "nowhere"}}]}))
    wait_until(lambda: f'\npenstock_policy_condition{{{of},type="ResolvedRefs"}} 0\n' in running_operator.metrics(), "its reference")
    space.cluster.kubectl("-n", space.name, "delete", "opol", "chat")
    wait_until(lambda: of not in running_operator.metrics(), "the end of its series")


def test_pods_that_run_already_are_named_with_the_command_that_restarts_them(space):
    space.apply(deployment("engine", {"app": "llm"}))
    space.await_pods("app=llm", 2)
    space.apply(policy_document("chat", {"app": "llm"}))
    condition = space.await_condition("chat", "Injected", "False", "RestartRequired")
    assert f"kubectl -n {space.name} rollout restart deployment/engine" in condition["message"]
    counts = {"selected": 2, "injected": 0, "programmed": 0, "proven": 0}
    wait_until(lambda: space.policy("chat")["status"]["pods"] == counts, "both pods, which it hears of one by one")

    def told() -> set[str]:
        events = space.api.get(f"/apis/events.k8s.io/v1/namespaces/{space.name}/events")["items"]
        return {event["reason"] for event in events if event.get("reportingController") == "penstock.dev/operator"}

    wait_until(lambda: "InjectedRestartRequired" in told(), "the Event, which comes after the condition")


def test_a_pod_that_got_no_sidecar_although_its_policy_was_there_is_counted(space):
    engine = deployment("engine", {"app": "llm"})
    template = engine["spec"]["template"]
    engine["spec"]["replicas"] = 0
    space.apply(engine)
    space.apply(policy_document("chat", {"app": "llm"}))
    wait_until(lambda: space.policy("chat").get("status", {}).get("injection"), "injection")
    without = {"labels": {"app": "llm"}, "annotations": {"penstock.dev/inject": "false"}}
    pods = f"/api/v1/namespaces/{space.name}/pods"
    space.api.create(pods, {"metadata": {"name": "drifted", **without}, "spec": template["spec"]})
    assert space.policy("chat")["status"]["pods"]["selected"] == 0, "it wants none"
    space.api.merge(f"{pods}/drifted", {"metadata": {"annotations": {"penstock.dev/inject": None}}})
    assert "drifted" in space.await_condition("chat", "Injected", "False")["message"]
    assert space.policy("chat")["status"]["pods"] == {"selected": 1, "injected": 0, "programmed": 0, "proven": 0}


def test_jobs_alone_tell_their_policy_what_to_inject(space):
    """Nothing of their labels is a Deployment, a StatefulSet or a pod that nothing made."""

    def start(name: str) -> None:
        template = deployment(name, {"app": "llm"})["spec"]["template"]
        template["spec"]["restartPolicy"] = "Never"
        space.apply({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": {"template": template}})

    space.apply(policy_document("chat", {"app": "llm"}))
    space.await_condition("chat", "Injected", "Unknown", "NoWorkload")
    start("first")
    assert "delete job/first" in space.await_condition("chat", "Injected", "False", "RestartRequired")["message"]
    assert space.policy("chat")["status"]["interception"] == "PortSwap"
    template = deployment("probe", {"app": "llm"})["spec"]["template"]
    await_injection(space.cluster, space.name, {"metadata": {"name": "made", "labels": {"app": "llm"}}, "spec": template["spec"]})
    start("second")
    pod = space.await_pods("job-name=second", 1)[0]
    assert [container["name"] for container in pod["spec"]["initContainers"]] == ["penstock-sidecar"]
    space.cluster.kubectl("-n", space.name, "delete", "job", "first")
    # What is left shows only where its engine went.
    space.await_condition("chat", "Injected", "True", "Injected")
    space.await_condition("chat", "Degraded", "False")


def test_references_resolve_in_any_order_and_a_broken_one_keeps_the_last_good_version(space):
    space.apply(deployment("engine", {"app": "llm"}))
    space.apply(policy_document("chat", {"app": "llm"}, routing={"tableRef": {"name": "models"}}))
    missing = space.await_condition("chat", "ResolvedRefs", "False", "NotResolved")
    assert "names no RoutingTable" in missing["message"]
    space.apply(TABLE)
    space.await_condition("chat", "ResolvedRefs", "True")
    good = wait_until(lambda: space.policy("chat")["status"].get("hash"), "hash")
    used = f"/apis/penstock.dev/v1alpha1/namespaces/{space.name}/routingtables/models"
    wait_until(lambda: space.api.get(used).get("status", {}).get("policies") == 1, "the table's status")
    space.cluster.kubectl("-n", space.name, "delete", "rtab", "models")
    space.await_condition("chat", "ResolvedRefs", "False")
    space.await_condition("chat", "Degraded", "True", "NotResolved")
    assert space.policy("chat")["status"]["hash"] == good
    config = space.api.get(f"/api/v1/namespaces/{space.name}/configmaps/penstock-chat")
    assert config["metadata"]["annotations"]["penstock.dev/hash"] == good


def test_of_two_policies_for_a_pod_the_older_has_it(space):
    space.apply(deployment("engine", {"app": "llm", "tier": "web"}))
    space.await_pods("app=llm", 2)
    space.apply(policy_document("first", {"app": "llm"}))
    space.await_condition("first", "Accepted", "True")
    # Creation times have seconds; the second policy must be younger by its time, not by its name.
    created = space.policy("first")["metadata"]["creationTimestamp"]
    wait_until(lambda: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()) > created, "the next second")
    told = {"engine": {"port": 8000, "flag": "--port"}}
    space.apply(policy_document("another", {"tier": "web"}, interception=told))
    conflict = space.await_condition("another", "Degraded", "True", "Conflicted")
    assert "first" in conflict["message"]
    assert space.policy("another")["status"]["pods"]["selected"] == 0
    injection = wait_until(lambda: space.policy("another")["status"].get("injection"), "injection")
    older = {"matchLabels": {"app": "llm"}, "matchExpressions": []}
    assert injection["yields"] == [older]

    space.apply(deployment("elsewhere", {"app": "other"}))
    # An edit that leads nowhere yet moves no pods: admission goes by the version before.
    space.apply(policy_document("first", {"app": "other"}, routing={"tableRef": {"name": "models"}}))
    space.await_condition("first", "Degraded", "True", "NotResolved")
    space.apply(policy_document("another", {"tier": "web"}, interception=told, mode="Off"))
    wait_until(lambda: space.policy("another")["status"]["observedGeneration"] == 2, "another look")
    assert space.policy("another")["status"]["injection"]["yields"] == [older]
    space.apply(TABLE)
    moved = [{"matchLabels": {"app": "other"}, "matchExpressions": []}]
    wait_until(lambda: space.policy("another")["status"]["injection"]["yields"] == moved, "the older one's move")
    space.await_condition("another", "Degraded", "False")


def test_deleting_a_policy_takes_its_config_map_along(space):
    space.apply(deployment("engine", {"app": "llm"}))
    space.apply(policy_document("chat", {"app": "llm"}))
    config = f"/api/v1/namespaces/{space.name}/configmaps/penstock-chat"
    wait_until(lambda: space.api.get(config), "the ConfigMap")
    space.cluster.kubectl("-n", space.name, "delete", "opol", "chat")
    wait_until(lambda: space.api.get(config) is None, "its end")


def test_kubectl_get_tells_the_truth(space):
    space.apply(deployment("engine", {"app": "llm"}))
    space.await_pods("app=llm", 2)
    space.apply(policy_document("chat", {"app": "llm"}))
    space.await_condition("chat", "Injected", "False")
    wait_until(lambda: space.policy("chat")["status"]["pods"]["selected"] == 2, "both pods, which it hears of one by one")
    shown = space.cluster.kubectl("-n", space.name, "get", "opol").stdout.splitlines()
    assert shown[0].split() == ["NAME", "MODE", "ACCEPTED", "PROGRAMMED", "INJECTED", "PODS", "AGE"]
    assert shown[1].split()[:6] == ["chat", "Enforce", "True", "Unknown", "0", "2"]


def test_a_config_map_that_somebody_edited_is_restored(space):
    space.apply(deployment("engine", {"app": "llm"}))
    space.apply(policy_document("chat", {"app": "llm"}))
    path = f"/api/v1/namespaces/{space.name}/configmaps/penstock-chat"
    # Only once the Deployment is seen is there one; a ConfigMap from before that would be written anew.
    wait_until(lambda: space.policy("chat")["status"].get("injection"), "injection")
    written = space.api.get(path)["data"]
    patch = json.dumps({"data": {"policy.json": "{}", "more.json": "{}"}})
    edited = space.cluster.kubectl("-n", space.name, "patch", "configmap", "penstock-chat", "--type=merge", "-p", patch, "-o", "json")
    assert json.loads(edited.stdout)["data"] != written
    wait_until(lambda: space.api.get(path)["data"] == written, "what was written")
    version = space.api.get(path)["metadata"]["resourceVersion"]
    events = f"/apis/events.k8s.io/v1/namespaces/{space.name}/events"
    wait_until(lambda: "ConfigMapRestored" in {one["reason"] for one in space.api.get(events)["items"]}, "the Event")
    space.apply(policy_document("chat", {"app": "llm"}, interception={"grace": "91s"}))
    wait_until(lambda: space.policy("chat")["status"]["observedGeneration"] == 2, "the next look")
    fields = {one["manager"] for one in space.api.get(path)["metadata"]["managedFields"]}
    assert fields == {"penstock-operator"}, "nobody else has anything of it"
    assert version != space.api.get(path)["metadata"]["resourceVersion"], "a new version of the policy goes its usual way"


def test_a_config_map_that_an_orphaning_deletion_left_behind_is_taken_over(space):
    space.apply(deployment("engine", {"app": "llm"}))
    space.apply(policy_document("chat", {"app": "llm"}))
    space.await_condition("chat", "Accepted", "True")

    def owners() -> list[str]:
        config = space.api.get(f"/api/v1/namespaces/{space.name}/configmaps/penstock-chat")
        return [owner["uid"] for owner in config["metadata"].get("ownerReferences", [])]

    assert owners() == [space.policy("chat")["metadata"]["uid"]]
    space.cluster.kubectl("-n", space.name, "delete", "opol", "chat", "--cascade=orphan")
    wait_until(lambda: owners() == [], "an orphan")
    space.apply(policy_document("chat", {"app": "llm"}))
    wait_until(lambda: owners() == [space.policy("chat")["metadata"]["uid"]], "its new owner")
    space.await_condition("chat", "Degraded", "False")


def test_a_restart_of_the_api_server_loses_nothing(space, running_operator):
    """Its watch cache is empty afterwards; versions from before what was written meanwhile get 410, and all is listed anew."""
    space.apply(deployment("engine", {"app": "llm"}))
    space.apply(policy_document("chat", {"app": "llm"}))
    space.await_condition("chat", "Accepted", "True")
    before = len(running_operator.log.read_text())
    with space.cluster.without_api_server():
        space.cluster.etcd("kv/put", key="/penstock.test/meanwhile", value="something is newer than every watch")

    def kinds_listed_anew() -> set[str]:
        log = running_operator.log.read_text()[before:]
        return {kind for kind in LISTED if re.search(rf"\b{kind}: [^\n]*too old resource version", log)}

    wait_until(lambda: kinds_listed_anew() == LISTED, "lists", seconds=60)
    patch = json.dumps({"spec": {"mode": "Off"}})
    space.cluster.kubectl("-n", space.name, "patch", "opol", "chat", "--type=merge", "-p", patch)
    wait_until(lambda: space.policy("chat")["status"]["observedGeneration"] == 2, "the edit", seconds=60)
    unknown = deployment("unknown", {"app": "llm"}, image="mine", args=["serve"])
    unknown["spec"]["replicas"] = 0
    space.apply(unknown)
    space.await_condition("chat", "Degraded", "True", "EngineNotFound", seconds=60)
    space.cluster.kubectl("-n", space.name, "delete", "deployment", "engine", "unknown")
    # What was injected goes on, though nothing tells of the engine any more.
    space.await_condition("chat", "Injected", "Unknown", "NoPods", seconds=60)
    space.await_condition("chat", "Degraded", "False")
    assert running_operator.process.poll() is None
    # The server itself may look for the policies' parameters before it serves them, and looks again after 30 s.
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "a", "image": "a"}]}}
    path = f"/api/v1/namespaces/{space.name}/pods?dryRun=All"
    wait_until(lambda: space.api.call("POST", path, pod)[0] == 201, "pods as before", seconds=60)
