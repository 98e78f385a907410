"""Replicas by what sidecars see: real requests through real sidecars on a simulated node, /scale on a real API server."""

import json
import subprocess

from api import APPLY
from autoscaled import CAPACITY, KNOWN
from installation import policy_document
from polling import wait_until
from spaces import POLICIES


def test_a_step_of_load_sets_replicas_at_once(autoscaled, programs, record_property):
    autoscaled.start()
    with autoscaled.load(18) as load:
        wait_until(lambda: autoscaled.replicas() > 1, "more replicas", seconds=20, every=0.02)
        record_property("step_to_scale_s", round(load.seconds(), 2))
        wait_until(lambda: autoscaled.replicas() == 5, "a replica for each four requests a second", seconds=30)
        wait_until(lambda: autoscaled.policy("chat")["status"]["autoscaling"]["current"] == 5, "the status of that")
        status = autoscaled.policy("chat")["status"]["autoscaling"]
    assert status["decisions"][0]["reason"] in ("Panic", "Load", "Peaks")
    assert [decision["to"] for decision in status["decisions"]] == sorted(
        (decision["to"] for decision in status["decisions"]), reverse=True
    )
    events = autoscaled.cluster.kubectl("-n", autoscaled.name, "get", "events.events.k8s.io", "-o", "json")
    notes = [event["note"] for event in json.loads(events.stdout)["items"] if event["reason"] == "ReplicasSet"]
    assert any("Deployment engine: 1 -> " in note for note in notes), notes
    config = autoscaled.cluster.pki.kubeconfig("admin", autoscaled.cluster.server, autoscaled.name)
    explain = [programs / "penstock-operator", "explain", f"{autoscaled.name}/chat", "--kubeconfig", config]
    told = subprocess.run(explain, capture_output=True, text=True, check=True).stdout
    assert f"{autoscaled.name}/chat has 5 replicas and should have 5: " in told
    assert "  1 -> " in told
    # The end of the load takes nobody away at once: the tail of the last minutes would not fit.
    autoscaled.await_condition("chat", "ScalingActive", "True", "Enforcing")
    assert autoscaled.replicas() == 5


def test_its_decisions_are_made_again_by_replay(autoscaled, programs, running_operator):
    autoscaled.start()
    with autoscaled.load(18):
        wait_until(lambda: autoscaled.replicas() > 1, "more replicas", seconds=20)
    recorded = running_operator.log.with_name("decisions.jsonl")

    def lines() -> list[str]:
        """Once a write is among them: it is recorded a moment after it. The last line may be on its way."""
        whole = recorded.read_text().rpartition("\n")[0].splitlines()
        found = [line for line in whole if f'"{autoscaled.name}/chat"' in line]
        return found if any(json.loads(line)["decision"].get("write") for line in found) else []

    of_this = wait_until(lines, "a record of the write")
    file = recorded.with_name(f"{autoscaled.name}.jsonl")
    file.write_text("\n".join(of_this) + "\n")
    again = subprocess.run([programs / "penstock-operator", "replay", file], capture_output=True, text=True)
    assert again.returncode == 0, again.stdout + again.stderr
    assert f"{len(of_this)} decisions are equal, 0 differ" in again.stdout
    explain = [programs / "penstock-operator", "explain", f"{autoscaled.name}/chat", "--decisions", file]
    told = subprocess.run(explain, capture_output=True, text=True, check=True).stdout
    assert "A replica carries: 5 requests/s" in told


def test_advice_changes_nothing(autoscaled):
    autoscaled.start(mode="Advise")
    with autoscaled.load(18):
        wait_until(lambda: autoscaled.desired() > 1, "advice", seconds=30)
        autoscaled.await_condition("chat", "ScalingActive", "False", "Advising")
    assert autoscaled.replicas() == 1


def test_the_floor_and_the_bound_hold_at_once(autoscaled):
    autoscaled.start(minReplicas=2, maxReplicas=3)
    wait_until(lambda: autoscaled.replicas() == 2, "the floor", seconds=20)
    with autoscaled.load(30):
        wait_until(lambda: autoscaled.replicas() == 3, "the bound", seconds=30)
    autoscaled.api.merge(f"{POLICIES.format(autoscaled.name)}/chat", {"spec": {"autoscaling": {"minReplicas": 1, "maxReplicas": 2}}})
    wait_until(lambda: autoscaled.replicas() == 2, "the new bound", seconds=20)


def test_another_scaler_is_never_fought(autoscaled):
    autoscaled.start()
    other = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "theirs"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "engine"},
            "minReplicas": 1,
            "maxReplicas": 1,
        },
    }
    autoscaled.apply(other)
    autoscaled.await_condition("chat", "Conflict", "True", "AnotherScaler", seconds=20)
    with autoscaled.load(18):
        wait_until(lambda: autoscaled.desired() > 1, "advice", seconds=30)
        assert autoscaled.replicas() == 1
        wait_until(lambda: "HorizontalPodAutoscaler theirs scales" in autoscaled.notes("AnotherScaler"), "an Event of it")
        autoscaled.cluster.kubectl("-n", autoscaled.name, "delete", "hpa", "theirs")
        autoscaled.await_condition("chat", "Conflict", "False", seconds=20)
        wait_until(lambda: "no longer AnotherScaler" in autoscaled.notes("NoOtherScaler"), "an Event of its end")
        wait_until(lambda: autoscaled.replicas() > 1, "replicas, once nobody else sets them", seconds=30)


def test_who_applies_replicas_is_never_fought(autoscaled):
    """As continuous delivery does it: by server-side apply, under a name of its own."""
    engine = f"/apis/apps/v1/namespaces/{autoscaled.name}/deployments/engine?fieldManager=gitops&force=true"

    def apply(**parts) -> None:
        document = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "engine"}, **parts}
        status, answer = autoscaled.api.call("PATCH", engine, document, APPLY)
        assert status == 200, answer

    autoscaled.start()
    apply(spec={"replicas": 1})
    autoscaled.await_condition("chat", "Conflict", "True", "AnotherScaler", seconds=20)
    with autoscaled.load(18):
        wait_until(lambda: autoscaled.desired() > 1, "advice", seconds=30)
        assert autoscaled.replicas() == 1
        wait_until(lambda: 'field manager "gitops", which applies spec.replicas' in autoscaled.notes("AnotherScaler"), "an Event of it")
        apply()  # who made the Deployment wrote the same number, so it stays
        autoscaled.await_condition("chat", "Conflict", "False", seconds=20)
        wait_until(lambda: autoscaled.replicas() > 1, "replicas, once nobody else applies them", seconds=30)
        apply(spec={"replicas": 1})
        autoscaled.await_condition("chat", "Conflict", "True", "AnotherScaler", seconds=20)
        wait_until(lambda: autoscaled.desired() > 1, "advice again", seconds=30)
        assert autoscaled.replicas() == 1


def test_what_a_person_sets_stands_for_a_while(autoscaled):
    autoscaled.start(manualChangeStands="40s")
    autoscaled.cluster.kubectl("-n", autoscaled.name, "scale", "deployment/engine", "--replicas=3")
    autoscaled.await_condition("chat", "ScalingActive", "False", "ManualOverride", seconds=20)
    wait_until(lambda: "set to 3 by somebody else" in autoscaled.notes("ManualOverride"), "an Event of it")
    with autoscaled.load(22):
        wait_until(lambda: autoscaled.desired() > 3, "advice", seconds=30)
        assert autoscaled.replicas() == 3
        wait_until(lambda: autoscaled.replicas() > 3, "the end of it", seconds=80)


def test_a_target_that_is_not_there_is_told_and_found_later(autoscaled):
    block = {"target": {"name": "engine"}, "maxReplicas": 2, "capacity": CAPACITY}
    autoscaled.apply(policy_document("chat", {"app": "llm"}, interception=KNOWN, autoscaling=block))
    autoscaled.await_condition("chat", "ScalingActive", "False", "TargetNotFound", seconds=20)


def test_an_operator_that_starts_anew_shrinks_nothing(autoscaled, running_operator):
    """It knows nothing of the load that was."""
    autoscaled.start(replicas=3)
    running_operator.restart()
    shown = f'penstock_autoscale_desired_replicas{{namespace="{autoscaled.name}",policy="chat"}} 3'
    wait_until(lambda: shown in running_operator.metrics(), "its first decisions", seconds=60)
    autoscaled.await_condition("chat", "MetricsAvailable", "True", "Fresh", seconds=60)
    assert autoscaled.desired() == autoscaled.replicas() == 3
