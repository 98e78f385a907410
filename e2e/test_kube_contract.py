"""operator/kube on a real API server: the suite that also runs over the fake one."""

import base64
import concurrent.futures
import http.client
import json
import os
import pathlib
import ssl
import subprocess
import threading
from collections.abc import Iterator

import pytest
from installation import BUILD
from polling import wait_until

SUITE = BUILD / "tests" / "kube_contract_test"
FLOW_CONTROL = "/apis/flowcontrol.apiserver.k8s.io/v1"


@pytest.fixture
def crowded(serving, serving_namespace) -> Iterator[pathlib.Path]:
    """A kubeconfig of somebody who has one turn at a time, which others under the same name take all the while."""
    serving.kubectl("-n", serving_namespace, "create", "serviceaccount", "eager")
    one = {"nominalConcurrencyShares": 0, "lendablePercent": 0, "borrowingLimitPercent": 0, "limitResponse": {"type": "Reject"}}
    level = {"metadata": {"name": "one-turn"}, "spec": {"type": "Limited", "limited": one}}
    everything = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "namespaces": ["*"], "clusterScope": True}
    eager = {"kind": "ServiceAccount", "serviceAccount": {"namespace": serving_namespace, "name": "eager"}}
    rules = [{"subjects": [eager], "resourceRules": [everything]}]
    flow = {"priorityLevelConfiguration": {"name": "one-turn"}, "matchingPrecedence": 2, "rules": rules}
    serving.api.create(f"{FLOW_CONTROL}/prioritylevelconfigurations", level)
    serving.api.create(f"{FLOW_CONTROL}/flowschemas", {"metadata": {"name": "one-turn"}, "spec": flow})
    token = serving.kubectl("-n", serving_namespace, "create", "token", "eager").stdout.strip()
    refused, over = threading.Event(), threading.Event()

    def ask() -> None:
        trusted = ssl.create_default_context(cafile=serving.pki.path("ca.crt"))
        connection = http.client.HTTPSConnection("127.0.0.1", serving.port, context=trusted, timeout=10)
        while not over.is_set():
            connection.request("GET", f"/api/v1/namespaces/{serving_namespace}/configmaps", headers={"Authorization": f"Bearer {token}"})
            answer = connection.getresponse()
            answer.read()
            if answer.status == 429:
                refused.set()
        connection.close()

    with concurrent.futures.ThreadPoolExecutor(4) as others:
        asking = [others.submit(ask) for _ in range(4)]
        try:
            assert refused.wait(60), "nobody was refused"
            yield serving.pki.token_kubeconfig("eager", serving.server, token, serving_namespace)
        finally:
            over.set()
            serving.api.delete(f"{FLOW_CONTROL}/flowschemas/one-turn")
            serving.api.delete(f"{FLOW_CONTROL}/prioritylevelconfigurations/one-turn")
    assert all(one.exception() is None for one in asking)


def two_tokens(cluster, namespace: str) -> str:
    """Tokens of an account that may read and watch ConfigMaps; the first ends with the Secret of that name."""
    cluster.kubectl("-n", namespace, "create", "serviceaccount", "rotated")
    cluster.kubectl("-n", namespace, "create", "role", "rotated", "--verb=get,list,watch", "--resource=configmaps")
    cluster.kubectl("-n", namespace, "create", "rolebinding", "rotated", "--role=rotated", f"--serviceaccount={namespace}:rotated")
    cluster.kubectl("-n", namespace, "create", "secret", "generic", "first")
    bound = ("--bound-object-kind=Secret", "--bound-object-name=first")
    create = ("-n", namespace, "create", "token", "rotated")
    return " ".join(cluster.kubectl(*create, *more).stdout.strip() for more in (bound, ()))


def expired_continue(cluster) -> str:
    """Of the second page of a list of the first version that ever was, which etcd is made to forget."""
    revision = cluster.etcd("kv/range", key="/")["header"]["revision"]
    cluster.etcd("kv/compaction", revision=revision, physical=True)
    token = json.dumps({"v": "meta.k8s.io/v1", "rv": 1, "start": "a\x00"})
    return base64.urlsafe_b64encode(token.encode()).decode().rstrip("=")


@pytest.mark.skipif(not SUITE.exists(), reason="kube_contract_test is not built")
def test_the_contract_holds(serving, serving_namespace, crowded):
    config = serving.pki.kubeconfig("admin", serving.server, serving_namespace)
    made = {
        "PENSTOCK_KUBECONFIG": str(config),
        "PENSTOCK_CROWDED_KUBECONFIG": str(crowded),
        "PENSTOCK_EXPIRED_CONTINUE": expired_continue(serving),
        "PENSTOCK_TOKENS": two_tokens(serving, serving_namespace),
    }
    run = subprocess.run([SUITE], env={**os.environ, **made}, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stdout
