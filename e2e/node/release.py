"""The chart's release on real pods, with the images that this run has made."""

import itertools
import pathlib

from installation import CHART, SYSTEM, helm, injecting_probe, reconfigure
from polling import wait_until

_numbers = itertools.count(1)


def install(cluster) -> None:
    """Until its operators are ready and pods are injected."""
    helm(
        cluster,
        *("install", "penstock", CHART, "--namespace", SYSTEM, "--create-namespace"),
        *("--set", "image.operator=penstock.test/operator:1", "--set", "image.sidecar=penstock.test/sidecar:1"),
        *("--set", "image.pullPolicy=Never", "--set", "autoscaling.scaleToZero=true", "--wait", "--timeout", "60s"),
    )
    await_injection(cluster)


def upgrade(cluster, *values: str, chart: pathlib.Path = CHART) -> None:
    """With these values besides those it has, until its operators are ready and pods are injected."""
    reconfigure(cluster, *values, "--wait", "--timeout", "90s", chart=chart)
    await_injection(cluster)


def await_injection(cluster) -> None:
    """Tried in a namespace of its own."""
    probe = f"admission-probe-{next(_numbers)}"
    wait_until(injecting_probe(cluster, probe), "injection")
    cluster.api.delete(f"/apis/penstock.dev/v1alpha1/namespaces/{probe}/optimizationpolicies/probe")
