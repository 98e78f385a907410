"""Penstock on a test cluster: its chart, its documents, and whether it injects."""

import os
import pathlib
import shutil
import subprocess

import yaml
from polling import wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("PENSTOCK_BUILD", ROOT / "build" / "release"))
CHART = ROOT / "charts" / "penstock"
SYSTEM = "penstock-system"
EXCLUDED = "kept-out"


def helm(cluster, *arguments, check: bool = True) -> subprocess.CompletedProcess:
    """Its stdout holds what it says; failures are told with its stderr."""
    run = subprocess.run(
        [str(cluster.bin / "helm"), "--kubeconfig", str(cluster.kubeconfig), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0 or not check, run.stderr
    return run


def install(cluster, *values: str) -> None:
    """The chart, once its definitions are served. Pods of EXCLUDED are none of its business."""
    kept_out = ("--set", f"admission.excludedNamespaces={{{EXCLUDED}}}")
    helm(cluster, "install", "penstock", CHART, "--namespace", SYSTEM, "--create-namespace", *kept_out, *values)
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", str(ROOT / "crds"))


def reconfigure(cluster, *values: str, chart: pathlib.Path = CHART) -> None:
    """The installed release, with these values beside those that it has."""
    helm(cluster, "upgrade", "penstock", chart, "-n", SYSTEM, "--reuse-values", *values)


def operator_may(cluster, verb: str, resource: str) -> bool:
    """Whether the API server gives the chart's operator that right: it goes by a change of roles a moment after it."""
    account = f"system:serviceaccount:{SYSTEM}:penstock-operator"
    asked = cluster.kubectl("auth", "can-i", verb, resource, "-n", "default", "--as", account, check=False)
    return asked.stdout.strip() == "yes"


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


def make_namespace(cluster, name: str) -> str:
    """Pods can be made in it once its service account is there."""
    cluster.kubectl("create", "namespace", name)
    account = f"/api/v1/namespaces/{name}/serviceaccounts/default"
    wait_until(lambda: cluster.api.get(account), f"service account of {name}")
    return name


def injecting_probe(cluster, namespace: str = "admission-probe"):
    """Whether a policy with an injection has its pods changed; asked by dry runs."""
    make_namespace(cluster, namespace)
    policies = f"/apis/penstock.dev/v1alpha1/namespaces/{namespace}/optimizationpolicies"
    cluster.api.create(policies, policy_document("probe", {"app": "probe"}))
    container = {"name": "penstock-sidecar", "image": "x", "restartPolicy": "Always", "ports": []}
    injection = {"hash": "1", "selector": {"matchLabels": {"app": "probe"}}, "container": container}
    cluster.api.merge(policies + "/probe/status", {"status": {"injection": injection}})
    pod = {
        "metadata": {"name": "probe", "labels": {"app": "probe"}},
        "spec": {"automountServiceAccountToken": False, "containers": [{"name": "a", "image": "a"}]},
    }

    def injects() -> bool:
        status, answer = cluster.api.call("POST", f"/api/v1/namespaces/{namespace}/pods?dryRun=All", pod)
        return status == 201 and "initContainers" in answer["spec"]

    return injects


def policy_document(name: str, labels: dict, **spec) -> dict:
    return {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "OptimizationPolicy",
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": labels}, **spec},
    }


def operator_kubeconfig(cluster, namespace: str = SYSTEM, release: str = "penstock") -> pathlib.Path:
    """The rights that the chart gives the operator, and no others."""
    account = f"{release}-operator"
    token = cluster.kubectl("-n", namespace, "create", "token", account, "--duration=2h").stdout.strip()
    return cluster.pki.token_kubeconfig(account, cluster.server, token, namespace)
