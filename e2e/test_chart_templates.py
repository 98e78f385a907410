"""What the chart renders, for every value that it takes."""

import json
import subprocess

import pytest
import yaml
from installation import CHART, SYSTEM

MUTATING = "admissionregistration.k8s.io/v1beta1/MutatingAdmissionPolicy"


def render(kubernetes, *flags: str) -> list[dict]:
    run = subprocess.run(
        [kubernetes / "helm", "template", "penstock", CHART, "--namespace", SYSTEM, *flags],
        check=True,
        capture_output=True,
        text=True,
    )
    return [document for document in yaml.safe_load_all(run.stdout) if document]


def only(documents: list[dict], kind: str, name: str = "") -> dict:
    found = [one for one in documents if one["kind"] == kind and name in ("", one["metadata"]["name"])]
    assert len(found) == 1, (kind, name, len(found))
    return found[0]


def container(documents: list[dict]) -> dict:
    return only(documents, "Deployment")["spec"]["template"]["spec"]["containers"][0]


def kinds(documents: list[dict]) -> set[str]:
    return {document["kind"] for document in documents}


def test_lint(kubernetes):
    run = subprocess.run([kubernetes / "helm", "lint", "--strict", CHART], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout


INJECTORS = {"MutatingAdmissionPolicy", "MutatingWebhookConfiguration"}


@pytest.mark.parametrize("versions", [["v1beta1"], ["v1"], ["v1", "v1beta1"]], ids="-".join)
def test_one_injects_whichever_the_cluster_serves(kubernetes, versions):
    """1.34 and 1.35 serve v1beta1, 1.36 v1 as well, later ones that alone."""
    serves = [flag for version in versions for flag in ("--api-versions", MUTATING.replace("v1beta1", version))]
    documents = render(kubernetes, *serves)
    served = kinds(documents)
    assert served & INJECTORS == {"MutatingAdmissionPolicy"}
    for kind in ("MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"):
        assert {one["apiVersion"] for one in documents if one["kind"] == kind} == {f"admissionregistration.k8s.io/{versions[0]}"}
    not_served = kinds(render(kubernetes))
    assert not_served & INJECTORS == {"MutatingWebhookConfiguration"}
    told = kinds(render(kubernetes, *serves, "--set", "admission.injector=Webhook"))
    assert told & INJECTORS == {"MutatingWebhookConfiguration"}
    for rendered in (served, not_served, told):
        assert "ValidatingAdmissionPolicy" in rendered
    open_ended = kinds(render(kubernetes, *serves, "--set", "admission.failClosed=false"))
    assert "ValidatingAdmissionPolicy" not in open_ended and "MutatingAdmissionPolicy" in open_ended
    by_policy = ("--set", "admission.injector=AdmissionPolicy")
    assert kinds(render(kubernetes, *serves, *by_policy)) & INJECTORS == {"MutatingAdmissionPolicy"}
    asked = [kubernetes / "helm", "template", "p", CHART, *by_policy]
    run = subprocess.run(asked, capture_output=True, text=True)
    assert run.returncode != 0 and "does not serve MutatingAdmissionPolicy" in run.stderr


def test_the_operator_listens_whatever_family_the_cluster_has(kubernetes):
    documents = render(kubernetes, "--set", "admission.injector=Webhook")
    arguments = container(documents)["args"]
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
    arguments = container(documents)["args"]
    assert f"--placeholder-priority-class={made['metadata']['name']}" in arguments
    assert "--no-placeholders" not in arguments
    # Whatever else gives the right to make Deployments: it was not given for these.
    without = next(d for d in render(kubernetes, "--set", "autoscaling.scaleToZero=true") if d["kind"] == "Deployment")
    assert "--no-placeholders" in without["spec"]["template"]["spec"]["containers"][0]["args"]


def test_whether_cluster_autoscaler_has_a_pool_may_be_read(kubernetes):
    pools = [{"group": "cluster.x-k8s.io", "resource": "machinedeployments"}, {"group": "karpenter.sh", "resource": "nodepools"}]
    rules = operator_rules(render(kubernetes, "--set-json", f"nodeCapacity.pools={json.dumps(pools)}"))
    assert {"apiGroups": ["cluster.x-k8s.io"], "resources": ["machinedeployments"], "verbs": ["get"]} in rules
    assert not any("nodepools" in rule["resources"] for rule in rules)


def test_decisions_are_kept_on_a_volume(kubernetes):
    def made(*values: str) -> tuple[dict, dict]:
        documents = render(kubernetes, *values)
        return only(documents, "Deployment")["spec"]["template"]["spec"], container(documents)

    pod, operator = made("--set-json", 'autoscaling.decisions={"persistentVolumeClaim": {"claimName": "kept"}}')
    assert pod["volumes"] == [{"name": "decisions", "persistentVolumeClaim": {"claimName": "kept"}}]
    assert operator["volumeMounts"] == [{"name": "decisions", "mountPath": "/var/lib/penstock"}]
    assert "--decisions=/var/lib/penstock/$(PENSTOCK_IDENTITY).jsonl" in operator["args"]
    assert pod["securityContext"]["fsGroup"] == 15801
    pod, operator = made()
    assert "volumes" not in pod and "volumeMounts" not in operator
    assert not any(argument.startswith("--decisions") for argument in operator["args"])


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
    elsewhere = only(render(kubernetes, "--set", "apiServerPorts={443,8443,16443}"), "NetworkPolicy", "penstock-operator")["spec"]
    assert elsewhere["egress"] == [{"ports": [{"port": 443}, {"port": 8443}, {"port": 16443}]}, {"to": [{"namespaceSelector": {}}]}]
    # As after helm upgrade --reuse-values.
    reused = only(render(kubernetes, "--set", "apiServerPorts=null"), "NetworkPolicy", "penstock-operator")["spec"]
    assert reused["egress"] == policy["egress"]
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


WRONG = [
    *("replicas=0", "admission.injector=Both", "sidecar.statusPort=70000", "apiServerPorts={}", "apiServerPorts={70000}"),
    *("image.pullPolicy=Maybe", "unknown=1"),
    *(f"sidecar.resources.memory={amount}" for amount in ("128K", "0", "0Mi", "-1Mi", "128MB", "lots")),
    *(f"sidecar.resources.cpu={amount}" for amount in ("-1", "0", "0m", "0.0", "-100m", "1k", "all")),
]


# What --set cannot say, or only at length.
WRONG_IN_JSON = [
    *(f'{image}imagePullSecrets=[{{"name": ""}}]' for image in ("", "sidecar.")),
    # One more than a policy's status holds.
    f"sidecar.imagePullSecrets={json.dumps([{'name': f'registry-{number}'} for number in range(9)])}",
]


@pytest.mark.parametrize(("flag", "wrong"), [("--set", one) for one in WRONG] + [("--set-json", one) for one in WRONG_IN_JSON])
def test_the_schema_refuses(kubernetes, flag, wrong):
    run = subprocess.run([kubernetes / "helm", "template", "p", CHART, flag, wrong], capture_output=True, text=True)
    assert run.returncode != 0
    assert wrong.partition("=")[0].rpartition(".")[2] in run.stderr


@pytest.mark.parametrize("right", ["memory=128k", "memory=1G", "memory=64Mi", "cpu=250m", "cpu=2", "cpu=0.5", "cpu=1.5m"])
def test_the_schema_takes(kubernetes, right):
    arguments = container(render(kubernetes, "--set", f"sidecar.resources.{right}"))["args"]
    assert f"--sidecar-{right}" in arguments


def test_a_namespace_of_digits_is_a_name(kubernetes):
    documents = render(kubernetes, "--api-versions", MUTATING, *MONITORING, "--set-string", "watchNamespace=2026")
    assert "--watch-namespace=2026" in container(documents)["args"]
    for kind in ("MutatingAdmissionPolicy", "ValidatingAdmissionPolicy"):
        selector = only(documents, kind)["spec"]["matchConstraints"]["namespaceSelector"]
        assert {"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["2026"]} in selector["matchExpressions"]
    roles = {one["metadata"]["namespace"] for one in documents if one["kind"] in ("Role", "RoleBinding")}
    assert roles == {"2026", SYSTEM}
    sidecars = only(documents, "PodMonitor", "penstock-sidecars")["spec"]
    assert sidecars["namespaceSelector"] == {"matchNames": ["2026"]}


def test_secrets_pull_both_images(kubernetes):
    """The operator's by the chart, in its own namespace; the sidecar's by the operator, in the namespaces of the pods."""
    documents = render(
        *(kubernetes, "--set-json", 'imagePullSecrets=[{"name": "ours"}]'),
        *("--set-json", 'sidecar.imagePullSecrets=[{"name": "theirs"}, {"name": "more"}]'),
    )
    assert only(documents, "Deployment")["spec"]["template"]["spec"]["imagePullSecrets"] == [{"name": "ours"}]
    told = [one for one in container(documents)["args"] if one.startswith("--sidecar-pull-secret")]
    assert told == ["--sidecar-pull-secret=theirs", "--sidecar-pull-secret=more"]
    plain = render(kubernetes)
    assert "imagePullSecrets" not in only(plain, "Deployment")["spec"]["template"]["spec"]
    assert not any("pull-secret" in argument for argument in container(plain)["args"])


def test_the_operator_knows_which_namespaces_are_never_touched(kubernetes):
    documents = render(kubernetes, "--set", "admission.excludedNamespaces={kept-out}", "--set", "admission.injector=Webhook")
    hook = only(documents, "MutatingWebhookConfiguration")["webhooks"][0]["namespaceSelector"]["matchExpressions"][0]
    assert hook["values"] == ["kube-system", "kube-node-lease", SYSTEM, "kept-out"]
    assert "--excluded-namespace=" + ",".join(hook["values"]) in container(documents)["args"]


def test_a_release_cannot_watch_what_is_never_touched(kubernetes):
    for name in ("kube-system", "kept-out", "penstock-system"):
        command = [kubernetes / "helm", "template", "p", CHART, "-n", "penstock-system"]
        values = ("--set", f"watchNamespace={name}", "--set", "admission.excludedNamespaces={kept-out}")
        refused = subprocess.run([*command, *values], capture_output=True, text=True)
        assert refused.returncode != 0 and f"pods of {name} are never touched" in refused.stderr


@pytest.mark.parametrize("values", ["sidecar.statusPort=15801", "sidecar.bindPort=15820", "sidecar.statusPort=15821", "sidecar.bindPort=15821"])
def test_the_sidecars_ports_are_three(kubernetes, values):
    refused = subprocess.run([kubernetes / "helm", "template", "p", CHART, "--set", values], capture_output=True, text=True)
    assert refused.returncode != 0
    assert values.replace("=", " is ") in refused.stderr


# Of each value of the chart another one than values.yaml has.
OTHERS = {
    "image.operator": "another/operator:1",
    "image.sidecar": "another/sidecar:1",
    "image.pullPolicy": "Always",
    "imagePullSecrets": [{"name": "registry"}],
    "replicas": 3,
    "resources": {"limits": {"memory": "1Gi"}},
    "nodeSelector": {"disk": "fast"},
    "tolerations": [{"operator": "Exists"}],
    "networkPolicy": False,
    "apiServerPorts": [8443],
    "sidecar.resources.cpu": "1",
    "sidecar.resources.memory": "1Gi",
    "sidecar.imagePullSecrets": [{"name": "registry"}],
    "sidecar.statusPort": 16020,
    "sidecar.bindPort": 16001,
    "watchNamespace": "team-a",
    "crds.install": False,
    "admission.injector": "AdmissionPolicy",
    "admission.webhookUrl": "https://127.0.0.1:1/inject",
    "admission.failClosed": False,
    "admission.excludedNamespaces": ["kept-out"],
    "autoscaling.targets": [{"group": "leaderworkerset.x-k8s.io", "resource": "leaderworkersets"}],
    "autoscaling.scaleToZero": True,
    "autoscaling.decisions": {"emptyDir": {"sizeLimit": "1Gi"}},
    "nodeCapacity.placeholders": True,
    "nodeCapacity.placeholderImage": "another/pause:1",
    "nodeCapacity.pools": [{"group": "karpenter.sh", "resource": "nodepools"}],
    "monitoring.dashboard": False,
    "monitoring.dashboardLabels": {"found": "by-this"},
    "monitoring.podMonitor": True,
    "monitoring.rules": True,
}
VALUES = yaml.safe_load((CHART / "values.yaml").read_text())
SCHEMA = json.loads((CHART / "values.schema.json").read_text())


def names(schema: dict, values: dict) -> tuple[set[str], set[str]]:
    """Of each value, with dots: by the schema, and by values.yaml."""
    described, given = set(), set(values)
    for name, of in schema.items():
        if "properties" not in of:
            described.add(name)
            continue
        within = names(of["properties"], values.get(name, {}))
        described |= {f"{name}.{inner}" for inner in within[0]}
        given = given - {name} | {f"{name}.{inner}" for inner in within[1]}
    return described, given


def test_the_schema_describes_the_values_that_there_are_and_no_others():
    described, given = names(SCHEMA["properties"], VALUES)
    assert described - {"global"} == given == set(OTHERS), "global is Helm's own"


BY_WEBHOOK = ("--api-versions", MUTATING, "--set-json", 'admission.injector="Webhook"')


@pytest.fixture(scope="module")
def by_webhook(kubernetes) -> list[dict]:
    return render(kubernetes, *BY_WEBHOOK)


@pytest.mark.parametrize("name", OTHERS)
def test_every_value_does_something(kubernetes, by_webhook, name):
    assert render(kubernetes, *BY_WEBHOOK, "--set-json", f"{name}={json.dumps(OTHERS[name])}") != by_webhook
