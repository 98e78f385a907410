"""Pods that run once, on a real node: the sidecar ends with them."""

from dry_run import await_injection
from installation import policy_document
from polling import wait_until
from spaces import Namespace
from traffic import engine, start


def job_pod() -> dict:
    engine_of_one = engine("x", {})[0]["spec"]["template"]["spec"]["containers"][0]
    container = {**engine_of_one, "readinessProbe": None, "args": ["load", "--help", "--port", "8000"]}
    return {"restartPolicy": "Never", "containers": [container]}


def run_job(space: Namespace, name: str) -> None:
    """One whose pod is of the labels that policies select, to its good end."""
    spec = {"backoffLimit": 0, "template": {"metadata": {"labels": {"app": "llm"}}, "spec": job_pod()}}
    space.apply({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": spec})

    def is_complete() -> bool:
        status = space.api.get(f"/apis/batch/v1/namespaces/{space.name}/jobs/{name}").get("status", {})
        assert status.get("failed", 0) == 0, status
        return status.get("succeeded") == 1

    wait_until(is_complete, "the Job", seconds=60)


def test_a_job_completes(space):
    start(space)
    run_job(space, "once")


def test_jobs_alone_get_the_sidecar_and_complete(space):
    """The first is made before anything tells what it is, and ends; what it was tells how to inject the second."""
    space.apply(policy_document("chat", {"app": "llm"}, interception={"engine": {"flag": "--port"}}))
    space.await_condition("chat", "Injected", "Unknown", "NoWorkload")
    run_job(space, "first")
    wait_until(lambda: space.policy("chat")["status"].get("injection"), "injection")
    pod = {"metadata": {"name": "made", "labels": {"app": "llm"}}, "spec": job_pod()}
    await_injection(space.cluster, space.name, pod)
    run_job(space, "second")
    pod = space.pods("job-name=second")[0]
    assert [container["name"] for container in pod["spec"]["initContainers"]] == ["penstock-sidecar"]
