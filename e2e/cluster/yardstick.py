"""How slow this machine is, by what none of Penstock's parts has much of a share in: bars of time are for a machine of a known speed."""

import statistics
import time
import warnings

from api import Api

# The median dry run of a plain pod on the machine that docs/benchmarks.md tells of. It was not measured there, but a pod that no
# policy selects was, at 4.1 ms; on a machine where that takes 10.8 to 11.7 ms the plain one takes 3.5 to 4.3.
PLAIN_SECONDS = 0.0015
ROUNDS = 200
MOST = 4.0  # on one that is slower still nothing is to be told


def slowness(api: Api) -> float:
    """How many times as long as there the API server takes for such a pod here; within 1 and MOST."""
    # Opted out, so that no webhook is asked either.
    metadata = {"name": "plain", "annotations": {"penstock.dev/inject": "false"}}
    pod = {"metadata": metadata, "spec": {"containers": [{"name": "c", "image": "c"}]}}
    taken = []
    for _ in range(ROUNDS):
        began = time.monotonic()
        status, answer = api.call("POST", "/api/v1/namespaces/default/pods?dryRun=All", pod)
        taken.append(time.monotonic() - began)
        assert status == 201, answer["message"]
    return min(max(1.0, statistics.median(taken) / PLAIN_SECONDS), MOST)


def keeps(what: str, taken: float, bar: float, slow: float) -> bool:
    """Whether `taken` keeps the bar of a machine that is so slow; one that it would miss on the other machine is told of."""
    if taken >= bar:
        warnings.warn(f"{what}: {taken:.3g} misses the bar of {bar:.3g}; this machine is {slow:.2f} times as slow", stacklevel=2)
    return taken < bar * slow
