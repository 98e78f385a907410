"""The chart on a cluster of its own: install, upgrade, rollback, uninstall, and whose rights come with it."""

import json

import pytest
from installation import CHART, ROOT, SYSTEM, helm, make_namespace, newer_chart, operator_kubeconfig, policy_document, spec_of
from operator_process import OperatorProcess
from polling import wait_until
from spaces import Namespace, deployment


@pytest.fixture(scope="module")
def own_cluster(spare):
    """Nothing of Penstock's is on it before, and after."""
    yield spare
    for release in json.loads(helm(spare, "list", "--all-namespaces", "-o", "json").stdout):
        helm(spare, "uninstall", release["name"], "-n", release["namespace"])
    spare.kubectl("delete", "--wait", "--timeout=60s", "-f", str(ROOT / "crds"))


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
        mine.apply(deployment("led", {"app": "led"}))
        mine.apply(policy_document("led", {"app": "led"}, interception={"mode": "Redirect"}))
        told = mine.await_condition("led", "Injected", "False", "PodSecurity")["message"]
        assert "pod-security.kubernetes.io/enforce: restricted" in told
        enforce("privileged")
        wait_until(lambda: mine.policy("led")["status"].get("injection"), "injection")
        enforce("baseline")
        mine.await_condition("led", "Injected", "False", "PodSecurity")
        assert "injection" not in mine.policy("led")["status"], "every new pod would be forbidden"
        assert "forbidden" not in log.read_text()
        # As for one that was installed without the chart: then the level is not known, and all else goes on.
        cluster.kubectl("delete", "clusterrolebinding", "again-operator-namespace")
        operator.restart()
        mine.apply(policy_document("later", {"app": "other"}, interception={"engine": {"port": 8000, "flag": "--port"}}))
        wait_until(lambda: mine.policy("later")["status"].get("injection"), "injection")
        wait_until(lambda: "namespaces" in log.read_text() and "forbidden" in log.read_text(), "a word of it")
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
