"""operator/kube on a real API server: the suite that also runs over the fake one."""

import os
import subprocess

import pytest
from installation import BUILD

SUITE = BUILD / "tests" / "kube_contract_test"


@pytest.mark.skipif(not SUITE.exists(), reason="kube_contract_test is not built")
def test_the_contract_holds(serving, serving_namespace):
    config = serving.pki.kubeconfig("admin", serving.server, serving_namespace)
    run = subprocess.run(
        [SUITE], env={**os.environ, "PENSTOCK_KUBECONFIG": str(config)}, capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stdout
