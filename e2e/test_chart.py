"""The chart on a cluster of its own: install, upgrade, rollback, uninstall, and what it renders elsewhere."""

import json
import pathlib
import shutil
import subprocess

import pytest
import yaml
from control_plane import ControlPlane
from installation import CHART, ROOT, SYSTEM, helm, make_namespace, operator_kubeconfig, policy_document
from operator_process import OperatorProcess
from polling import wait_until
from spaces import Namespace, deployment

MUTATING = "admissionregistration.k8s.io/v1beta1/MutatingAdmissionPolicy"


@pytest.fixture(scope="module")
def own_cluster(kubernetes, tmp_path_factory):
    with ControlPlane(kubernetes, tmp_path_factory.mktemp("chart")) as running:
        yield running


def render(kubernetes, *flags: str) -> list[dict]:
    run = subprocess.run(
        [kubernetes / "helm", "template", "penstock", CHART, "--namespace", SYSTEM, *flags],
        check=True,
        capture_output=True,
        text=True,
    )
    return [document for document in yaml.safe_load_all(run.stdout) if document]


def kinds(documents: list[dict]) -> set[str]:
    return {document["kind"] for document in documents}


def test_lint(kubernetes):
    run = subprocess.run([kubernetes / "helm", "lint", "--strict", CHART], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout


INJECTORS = {"MutatingAdmissionPolicy", "MutatingWebhookConfiguration"}


def test_one_injects_whichever_the_cluster_serves(kubernetes):
    served = kinds(render(kubernetes, "--api-versions", MUTATING))
    assert served & INJECTORS == {"MutatingAdmissionPolicy"}
    not_served = kinds(render(kubernetes))
    assert not_served & INJECTORS == {"MutatingWebhookConfiguration"}
    told = kinds(render(kubernetes, "--api-versions", MUTATING, "--set", "admission.injector=Webhook"))
    assert told & INJECTORS == {"MutatingWebhookConfiguration"}
    for rendered in (served, not_served, told):
        assert "ValidatingAdmissionPolicy" in rendered
    open_ended = kinds(render(kubernetes, "--api-versions", MUTATING, "--set", "admission.failClosed=false"))
    assert "ValidatingAdmissionPolicy" not in open_ended and "MutatingAdmissionPolicy" in open_ended
    asked = [kubernetes / "helm", "template", "p", CHART, "--set", "admission.injector=AdmissionPolicy"]
    run = subprocess.run(asked, capture_output=True, text=True)
    assert run.returncode != 0 and "does not serve MutatingAdmissionPolicy" in run.stderr


def test_the_operator_listens_whatever_family_the_cluster_has(kubernetes):
    documents = render(kubernetes, "--set", "admission.injector=Webhook")
    arguments = next(d for d in documents if d["kind"] == "Deployment")["spec"]["template"]["spec"]["containers"][0]["args"]
    assert {"--health=:15030", "--webhook=:15031"} <= set(arguments)


def test_namespaced_mode_keeps_to_its_namespace(kubernetes):
    documents = render(kubernetes, "--set", "watchNamespace=team-a")
    for document in documents:
        if document["kind"] == "ClusterRole" and "operator" in document["metadata"]["name"]:
            for rule in document["rules"]:
                named = {"mutatingwebhookconfigurations": "penstock-inject.penstock.dev", "namespaces": "team-a"}
                assert rule["resourceNames"] == [named[one] for one in rule["resources"]], "what has no namespace, by its name"
        if document["kind"] == "MutatingWebhookConfiguration":
            wanted = document["webhooks"][0]["namespaceSelector"]["matchExpressions"]
            assert {"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["team-a"]} in wanted


def operator_rules(documents: list[dict]) -> list[dict]:
    roles = (d for d in documents if d["kind"] in ("Role", "ClusterRole") and d["metadata"]["name"] == "penstock-operator")
    return [rule for role in roles for rule in role["rules"]]


def test_room_on_nodes_takes_only_the_rights_that_were_asked_for(kubernetes):
    def makes_deployments(rules: list[dict]) -> bool:
        return any("deployments" in rule["resources"] and "create" in rule["verbs"] for rule in rules)

    documents = render(kubernetes)
    assert not makes_deployments(operator_rules(documents))
    assert "PriorityClass" not in kinds(documents)
    pool = ("--set-json", 'nodeCapacity.pools=[{"group": "karpenter.sh", "resource": "nodepools"}]')
    documents = render(kubernetes, "--set", "nodeCapacity.placeholders=true", *pool)
    rules = operator_rules(documents)
    assert makes_deployments(rules)
    assert {"apiGroups": ["karpenter.sh"], "resources": ["nodepools/scale"], "verbs": ["get", "patch"]} in rules
    made = next(d for d in documents if d["kind"] == "PriorityClass")
    assert -10 <= made["value"] < 0, "node autoscalers leave lower ones aside"
    arguments = next(d for d in documents if d["kind"] == "Deployment")["spec"]["template"]["spec"]["containers"][0]["args"]
    assert f"--placeholder-priority-class={made['metadata']['name']}" in arguments


def test_scaling_to_zero_takes_rights_that_are_asked_for(kubernetes):
    """It is the right to run any pod, and to lead any traffic."""

    def made(*values: str) -> set[str]:
        rules = operator_rules(render(kubernetes, *values))
        return {resource for rule in rules if "create" in rule["verbs"] for resource in rule["resources"]}

    plain = {"configmaps", "pods/eviction", "podtemplates", "capacitybuffers", "events"}
    assert made() == plain
    assert made("--set", "autoscaling.scaleToZero=true") == plain | {"deployments", "services", "endpointslices"}


def test_the_definitions_belong_to_one_release(kubernetes):
    assert "CustomResourceDefinition" in kinds(render(kubernetes))
    assert "CustomResourceDefinition" not in kinds(render(kubernetes, "--set", "crds.install=false"))


def test_the_rights_are_least(kubernetes):
    documents = render(kubernetes)
    rules = [
        rule
        for document in documents
        if document["kind"] in ("Role", "ClusterRole") and "operator" in document["metadata"]["name"]
        for rule in document["rules"]
    ]
    for rule in rules:
        assert "*" not in rule["verbs"] + rule["resources"] + rule["apiGroups"]
        if {"secrets", "mutatingwebhookconfigurations"} & set(rule["resources"]):
            assert rule["resourceNames"], "its own only"
            assert set(rule["verbs"]) <= {"get", "list", "watch", "patch"}
        assert not ("pods" in rule["resources"] and {"create", "patch", "update"} & set(rule["verbs"]))
    for document in documents:
        if document["kind"] == "ClusterRole" and "aggregate" in json.dumps(document["metadata"]["labels"]):
            assert not any("status" in resource for rule in document["rules"] for resource in rule["resources"])
    by_policy = render(kubernetes, "--api-versions", MUTATING)
    assert "secrets" not in json.dumps(by_policy), "without a webhook there is none to read"


def only(documents: list[dict], kind: str, name: str = "") -> dict:
    found = [one for one in documents if one["kind"] == kind and name in ("", one["metadata"]["name"])]
    assert len(found) == 1, (kind, name, len(found))
    return found[0]


def has_labels(selector: dict, labels: dict) -> bool:
    return selector.items() <= labels.items()


def test_the_operators_pods_keep_apart_and_are_not_taken_all_at_once(kubernetes):
    documents = render(kubernetes)
    pods = only(documents, "Deployment")["spec"]
    labels = pods["template"]["metadata"]["labels"]
    assert pods["replicas"] == 2
    apart = pods["template"]["spec"]["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    assert [term["podAffinityTerm"]["topologyKey"] for term in apart] == ["kubernetes.io/hostname"]
    assert has_labels(apart[0]["podAffinityTerm"]["labelSelector"]["matchLabels"], labels), "from each other"
    budget = only(documents, "PodDisruptionBudget")["spec"]
    assert budget["maxUnavailable"] == 1 and has_labels(budget["selector"]["matchLabels"], labels)
    # With one replica it would keep its node from being drained.
    assert "PodDisruptionBudget" not in kinds(render(kubernetes, "--set", "replicas=1"))


@pytest.mark.parametrize(("injector", "ports"), [("AdmissionPolicy", [15030]), ("Webhook", [15030, 15031])])
def test_the_network_policy_lets_in_what_the_operator_serves(kubernetes, injector, ports):
    documents = render(kubernetes, "--api-versions", MUTATING, "--set", f"admission.injector={injector}")
    pods = only(documents, "Deployment")["spec"]["template"]
    policy = only(documents, "NetworkPolicy", "penstock-operator")["spec"]
    assert has_labels(policy["podSelector"]["matchLabels"], pods["metadata"]["labels"])
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert [port["port"] for rule in policy["ingress"] for port in rule["ports"]] == ports
    assert [port["containerPort"] for port in pods["spec"]["containers"][0]["ports"]] == ports
    # Out: API servers, on any address; and pods, wherever and on whichever port their engines had.
    assert policy["egress"] == [{"ports": [{"port": 443}, {"port": 6443}]}, {"to": [{"namespaceSelector": {}}]}]
    assert "NetworkPolicy" not in kinds(render(kubernetes, "--set", "networkPolicy=false"))


MONITORING = ("--set", "monitoring.podMonitor=true", "--set", "monitoring.rules=true")


def test_monitoring_finds_sidecars_and_operator(kubernetes):
    assert not kinds(render(kubernetes)) & {"PodMonitor", "PrometheusRule"}, "not every cluster has these kinds"
    documents = render(kubernetes, *MONITORING)
    pods = only(documents, "Deployment")["spec"]["template"]
    operator = only(documents, "PodMonitor", "penstock-operator")["spec"]
    assert has_labels(operator["selector"]["matchLabels"], pods["metadata"]["labels"])
    ports = {port["name"] for port in pods["spec"]["containers"][0]["ports"]}
    assert [end["path"] for end in operator["podMetricsEndpoints"] if end["port"] in ports] == ["/metrics"]
    sidecars = only(documents, "PodMonitor", "penstock-sidecars")["spec"]
    assert sidecars["selector"] == {} and sidecars["namespaceSelector"] == {"any": True}
    # The name that the operator gives to the sidecar's port.
    assert sidecars["podMetricsEndpoints"] == [{"port": "penstock-status", "path": "/metrics"}]
    narrow = only(render(kubernetes, *MONITORING, "--set", "watchNamespace=team-a"), "PodMonitor", "penstock-sidecars")
    assert narrow["spec"]["namespaceSelector"] == {"matchNames": ["team-a"]}


def test_alerts_and_dashboard_are_those_of_the_files(kubernetes):
    documents = render(kubernetes, *MONITORING)
    rules = only(documents, "PrometheusRule")["spec"]
    assert rules == yaml.safe_load((CHART / "files/rules.yaml").read_text())
    alerts = [rule for group in rules["groups"] for rule in group["rules"]]
    assert alerts and all(rule["annotations"]["summary"] and rule["labels"]["severity"] for rule in alerts)
    dashboard = only(documents, "ConfigMap", "penstock-dashboard")
    assert dashboard["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert dashboard["data"]["penstock.json"] == (CHART / "files/dashboard.json").read_text()
    assert "ConfigMap" not in kinds(render(kubernetes, "--set", "monitoring.dashboard=false"))


@pytest.mark.parametrize("wrong", ["replicas=0", "admission.injector=Both", "sidecar.statusPort=70000", "image.pullPolicy=Maybe", "unknown=1"])
def test_the_schema_refuses(kubernetes, wrong):
    run = subprocess.run(
        [kubernetes / "helm", "template", "p", CHART, "--set", wrong], capture_output=True, text=True
    )
    assert run.returncode != 0
    assert wrong.partition("=")[0].rpartition(".")[2] in run.stderr


def newer_chart(folder: pathlib.Path) -> pathlib.Path:
    """The chart with one more field in a definition."""
    chart = folder / "penstock"
    shutil.copytree(CHART, chart)
    file = chart / "files/crds/cachetiers.yaml"
    crd = yaml.safe_load(file.read_text())
    spec_of(crd)["later"] = {"type": "string", "description": "Of a later release."}
    file.write_text(yaml.safe_dump(crd))
    return chart


def spec_of(crd: dict) -> dict:
    return crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]


def definition(cluster) -> dict:
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/cachetiers.penstock.dev"
    return spec_of(cluster.api.get(path))


def test_install_upgrade_rollback_uninstall(own_cluster, tmp_path):
    cluster = own_cluster
    notes = helm(cluster, "install", "penstock", CHART, "-n", SYSTEM, "--create-namespace").stdout
    assert "by an admission policy" in notes
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", str(ROOT / "crds"))
    deployment = f"/apis/apps/v1/namespaces/{SYSTEM}/deployments/penstock-operator"
    assert cluster.api.get(deployment)["spec"]["replicas"] == 2

    helm(cluster, "upgrade", "penstock", CHART, "-n", SYSTEM, "--set", "replicas=3")
    assert cluster.api.get(deployment)["spec"]["replicas"] == 3
    helm(cluster, "rollback", "penstock", "1", "-n", SYSTEM)
    assert cluster.api.get(deployment)["spec"]["replicas"] == 2

    was_defined = definition(cluster)
    helm(cluster, "upgrade", "penstock", newer_chart(tmp_path), "-n", SYSTEM)
    assert was_defined.get("later") is None
    assert definition(cluster)["later"] == {"type": "string", "description": "Of a later release."}
    helm(cluster, "upgrade", "penstock", CHART, "-n", SYSTEM)
    assert definition(cluster) == was_defined

    namespace = make_namespace(cluster, "team-a")
    policies = f"/apis/penstock.dev/v1alpha1/namespaces/{namespace}/optimizationpolicies"
    cluster.api.create(policies, policy_document("chat", {"app": "llm"}))
    helm(cluster, "uninstall", "penstock", "-n", SYSTEM)
    assert cluster.api.get(policies + "/chat"), "policies stay"
    policy = cluster.api.get(policies + "/chat")
    assert "finalizers" not in policy["metadata"] and "deletionTimestamp" not in policy["metadata"]
    for kind in ("validatingadmissionpolicies", "mutatingadmissionpolicies"):
        version = "v1" if kind.startswith("v") else "v1beta1"
        assert cluster.api.get(f"/apis/admissionregistration.k8s.io/{version}/{kind}")["items"] == []
    pod = {"metadata": {"name": "plain", "labels": {"app": "llm"}}, "spec": {"containers": [{"name": "a", "image": "a"}]}}
    wait_until(
        lambda: cluster.api.call("POST", f"/api/v1/namespaces/{namespace}/pods?dryRun=All", pod)[0] == 201,
        "pods as before",
    )
    helm(cluster, "install", "again", CHART, "-n", "elsewhere", "--create-namespace", "--take-ownership")
    assert cluster.api.get("/apis/apps/v1/namespaces/elsewhere/deployments/again-operator")


def test_an_operator_for_one_namespace_needs_no_right_beyond_it(own_cluster, programs, tmp_path):
    """After the test before, which leaves a release named "again"."""
    cluster = own_cluster
    mine, other = (Namespace(cluster, make_namespace(cluster, name)) for name in ("mine", "other"))
    helm(cluster, "upgrade", "again", CHART, "-n", "elsewhere", "--set", "watchNamespace=mine")
    kubeconfig = operator_kubeconfig(cluster, "elsewhere", "again")
    program, log = programs / "penstock-operator", tmp_path / "operator.log"
    operator = OperatorProcess(program, kubeconfig, log, "--watch-namespace", "mine", lease="again-operator")

    def enforce(level: str) -> None:
        cluster.kubectl("label", "namespace", "mine", "--overwrite", f"pod-security.kubernetes.io/enforce={level}")

    try:
        for space in (mine, other):
            space.apply(deployment("engine", {"app": "llm"}))
            space.apply(policy_document("chat", {"app": "llm"}))
        mine.await_condition("chat", "Accepted", "True")
        wait_until(lambda: mine.policy("chat")["status"].get("injection"), "injection")
        assert "status" not in other.policy("chat")
        # The namespace's level is seen, and followed.
        enforce("restricted")
        mine.apply(policy_document("led", {"app": "llm"}, interception={"mode": "Redirect"}))
        told = mine.await_condition("led", "Injected", "False", "PodSecurity")["message"]
        assert "pod-security.kubernetes.io/enforce: restricted" in told
        enforce("privileged")
        wait_until(lambda: mine.policy("led")["status"].get("injection"), "injection")
        enforce("baseline")
        mine.await_condition("led", "Degraded", "True", "PodSecurity")  # new pods are made as before
        assert "forbidden" not in log.read_text()
        # As for one that was installed without the chart: then the level is not known, and all else goes on.
        cluster.kubectl("delete", "clusterrolebinding", "again-operator-namespace")
        operator.restart()
        mine.apply(policy_document("later", {"app": "other"}, interception={"engine": {"port": 8000, "flag": "--port"}}))
        wait_until(lambda: mine.policy("later")["status"].get("injection"), "injection")
        assert "namespaces" in log.read_text() and "forbidden" in log.read_text()
    finally:
        assert operator.stop() == 0


def test_a_second_release_leaves_the_definitions_to_the_first(own_cluster):
    """After the tests before: the definitions belong to "again"."""
    second = ("install", "second", CHART, "-n", "second", "--create-namespace", "--set", "watchNamespace=other")
    with pytest.raises(AssertionError, match="exists and cannot be imported"):
        helm(own_cluster, *second)
    notes = helm(own_cluster, *second, "--set", "crds.install=false").stdout
    assert "belong to another release" in notes
    helm(own_cluster, "uninstall", "second", "-n", "second")
    assert own_cluster.api.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/cachetiers.penstock.dev")


def test_people_get_rights_by_the_clusters_own_roles(definitions, namespace):
    def may(role: str, verb: str, resource: str, *more: str) -> bool:
        account = f"system:serviceaccount:{namespace}:{role}"
        asked = definitions.kubectl("auth", "can-i", verb, resource, "-n", namespace, "--as", account, *more, check=False)
        return asked.stdout.strip() == "yes"

    for role in ("view", "edit", "admin"):
        definitions.kubectl("-n", namespace, "create", "serviceaccount", role)
        definitions.kubectl(
            "-n", namespace, "create", "rolebinding", role, f"--clusterrole={role}", f"--serviceaccount={namespace}:{role}"
        )
    wait_until(lambda: may("view", "get", "optimizationpolicies.penstock.dev"), "aggregation")
    wait_until(lambda: may("edit", "create", "routingtables.penstock.dev"), "aggregation")
    assert not may("view", "create", "optimizationpolicies.penstock.dev")
    policies = "optimizationpolicies.penstock.dev"
    wait_until(lambda: may("admin", "create", "cachetiers.penstock.dev"), "aggregation")
    for role in ("edit", "admin"):
        assert not may(role, "patch", policies, "--subresource=status"), "it is the right to inject"
