"""tests/cases/client_environment.yaml on a real API server: what the admission policy makes of a client's containers."""

import pytest
import yaml
from dry_run import await_injection, client_case, client_pod, made, with_injection, without_defaults
from installation import ROOT

TABLE = yaml.safe_load((ROOT / "tests/cases/client_environment.yaml").read_text())
CONTAINER = {"name": "penstock-sidecar", "image": "sidecar", "restartPolicy": "Always"}


@pytest.fixture(scope="module")
def policies(admission):
    """One namespace an environment, each with a policy whose status carries it."""
    names = {
        name: with_injection(admission, f"environment-{name}", {"container": CONTAINER, "environment": environment})
        for name, environment in TABLE["environments"].items()
    }

    def first(environment: str, served: bool) -> dict | None:
        of_it = (case for case in TABLE["cases"] if case["environment"] == environment and ("out" in case) == served)
        return next((client_case(case) for case in of_it), None)

    return {one: await_injection(admission, name, first(one, True), first(one, False)) for one, name in names.items()}


# What the validating policy sees of a pod to which others have put something after us.
LED = {"name": "a", "env": [{"name": "OPENAI_BASE_URL", "value": "http://127.0.0.1:15801/v1"}]}


@pytest.mark.parametrize("late", [{}, {"envFrom": [{"configMapRef": {"name": "c"}}]}, {"env": [{"name": "HTTPS_PROXY", "value": "p"}]}])
def test_what_others_put_in_after_us_is_let_alone(admission, policies, late):
    pod = client_pod([LED, {"name": "late", **late}], initContainers=[CONTAINER])
    status, answer = made(admission, policies["default"], pod)
    assert status == 201, answer["message"]


@pytest.mark.parametrize(
    "late",
    [
        {"name": "OPENAI_BASE_URL", "value": "https://elsewhere.example/v1"},
        {"name": "ANTHROPIC_BASE_URL", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}},
        {"name": "HTTPS_PROXY", "value": "p"},
    ],
)
def test_what_others_lead_past_the_sidecar_after_us_is_refused(admission, policies, late):
    pod = client_pod([{**LED, "env": [*LED["env"], late]}], initContainers=[CONTAINER])
    status, answer = made(admission, policies["default"], pod)
    assert status == 422 and "led a container of this pod past it" in answer["message"]


def environments(containers: list[dict]) -> list[dict]:
    kept = ("name", "env", "envFrom")
    return without_defaults([{part: one[part] for part in kept if part in one} for one in containers])


@pytest.mark.parametrize("case", TABLE["cases"], ids=[case["name"] for case in TABLE["cases"]])
def test_the_admission_policy_sets_the_variables(admission, policies, case):
    status, pod = made(admission, policies[case["environment"]], client_case(case))
    if "out" not in case:
        assert status == 422, pod.get("message", "accepted")
        assert "names another model API than the policy knows of" in pod["message"]
        return
    assert status == 201, pod["message"]
    assert pod["spec"]["initContainers"][0]["name"] == "penstock-sidecar"
    assert environments(pod["spec"]["containers"]) == without_defaults(case["out"])
    assert environments(pod["spec"]["initContainers"][1:]) == without_defaults(case.get("initOut", []))
