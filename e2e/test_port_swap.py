"""tests/cases/port_swap.yaml and probe_move.yaml on a real API server: what the admission policy makes of each engine."""

import pytest
import yaml
from dry_run import await_injection, engine_pod, made, with_injection, without_defaults
from installation import ROOT

TABLE = yaml.safe_load((ROOT / "tests/cases/port_swap.yaml").read_text())
PROBES = yaml.safe_load((ROOT / "tests/cases/probe_move.yaml").read_text())
# What the API server adds to every container.
DEFAULTS = ("image", "resources", "terminationMessagePath", "terminationMessagePolicy", "imagePullPolicy")
STATUS_PORT = {"name": "penstock-status", "containerPort": 15820, "protocol": "TCP"}
CONTAINER = {"name": "penstock-sidecar", "image": "sidecar", "restartPolicy": "Always", "ports": [STATUS_PORT]}


def engine_of(pod: dict) -> dict:
    """As a case of a table tells it."""
    engine = pod["spec"]["containers"][0]
    return without_defaults({name: value for name, value in engine.items() if name not in (*DEFAULTS, "name")})


@pytest.fixture(scope="module")
def policies(admission):
    """One namespace a swap, each with a policy whose status carries it."""
    names = {
        name: with_injection(admission, f"swap-{name}", {"container": CONTAINER, "portSwap": swap})
        for name, swap in TABLE["swaps"].items()
    }

    def first(swap: str, moved: bool) -> dict | None:
        of_it = (case for case in TABLE["cases"] if case["swap"] == swap and ("out" in case) == moved)
        return next((engine_pod(case["in"]) for case in of_it), None)

    return {swap: await_injection(admission, name, first(swap, True), first(swap, False)) for swap, name in names.items()}


@pytest.mark.parametrize("case", TABLE["cases"], ids=[case["name"] for case in TABLE["cases"]])
def test_the_admission_policy_moves_the_port(admission, policies, case):
    status, pod = made(admission, policies[case["swap"]], engine_pod(case["in"]))
    if "out" not in case:
        assert status == 422, pod.get("message", "accepted")
        assert "the sidecar was not injected" in pod["message"]
        assert "does not say how its engine takes its port" in pod["message"]
        return
    assert status == 201, pod["message"]
    assert engine_of(pod) == without_defaults(case["out"])
    sidecar = pod["spec"]["initContainers"][0]
    assert without_defaults(sidecar["ports"]) == without_defaults([STATUS_PORT, {"containerPort": TABLE["swaps"][case["swap"]]["bind"]}])
    assert pod["spec"]["securityContext"].get("sysctls") == case.get("sysctls")


@pytest.fixture(scope="module")
def redirecting(admission) -> str:
    """A namespace whose policy leads the port to the sidecar."""
    redirect = {"name": "penstock-redirect", "image": "r", "command": ["/penstock-redirect"]}
    injection = {"container": CONTAINER, "redirect": redirect, "engineContainer": "engine", "probeMove": PROBES["move"]}
    return await_injection(admission, with_injection(admission, "probe-move", injection), engine_pod({}))


@pytest.mark.parametrize("case", PROBES["cases"], ids=[case["name"] for case in PROBES["cases"]])
def test_the_admission_policy_leads_probes_past_the_rules(admission, redirecting, case):
    status, pod = made(admission, redirecting, engine_pod(case["in"]))
    assert status == 201, pod["message"]
    assert engine_of(pod) == without_defaults(case["out"])
