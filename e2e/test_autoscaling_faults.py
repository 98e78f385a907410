"""What becomes of replicas while loads move and things break: an operator, the API server, sidecars that say nothing."""

import math
import signal

import pytest
from polling import wait_until
from process_usage import rest


@pytest.mark.parametrize("run", range(5))
def test_a_step_of_load_is_answered_within_seconds(autoscaled, record_property, run):
    autoscaled.start()
    with autoscaled.load(18) as load:
        wait_until(lambda: autoscaled.replicas() > 1, "more replicas", seconds=20, every=0.02)
        took = load.seconds()
    record_property("step_to_scale_s", round(took, 2))
    assert took < 5


def test_a_ramp_is_followed_and_never_falls_back(autoscaled):
    """From 2 to 20 requests a second within half a minute."""
    autoscaled.start()
    with autoscaled.load(lambda seconds: min(20.0, 2 + seconds * 0.6)):
        wait_until(lambda: autoscaled.replicas() >= 2, "a second replica", seconds=30)
        wait_until(lambda: autoscaled.replicas() == 5, "a replica for each four requests a second", seconds=60)
        wait_until(lambda: autoscaled.changes()[-1][1] == 5, "the status of that")
        changes = autoscaled.changes()
    assert [before for before, _ in changes] == [1, *(after for _, after in changes[:-1])]
    assert all(after > before for before, after in changes), changes


def test_a_spike_is_answered_once_and_its_end_takes_nobody_away(autoscaled):
    """Four seconds of thirty requests a second over one a second."""
    autoscaled.start(maxReplicas=12)
    with autoscaled.load(lambda seconds: 30 if 5 <= seconds < 9 else 1) as load:
        wait_until(lambda: autoscaled.replicas() > 1, "more replicas", seconds=30)
        wait_until(lambda: load.seconds() > 25, "the time after the spike", seconds=40)
        peak = max(after for _, after in autoscaled.changes())
        assert autoscaled.replicas() == peak <= math.ceil(30 / 4)
        assert all(after > before for before, after in autoscaled.changes())


def test_an_operator_killed_while_it_decides_loses_nothing(autoscaled, running_operator):
    """Its successor knows nothing of the step that its predecessor was answering."""
    autoscaled.start()
    with autoscaled.load(18):
        for _ in range(3):
            running_operator.kill()
            running_operator.start()
        wait_until(lambda: autoscaled.replicas() == 5, "a replica for each four requests a second", seconds=60)
        wait_until(lambda: autoscaled.policy("chat")["status"]["autoscaling"]["current"] == 5, "the status of that")
        assert all(after > before for before, after in autoscaled.changes())


def test_a_minute_without_the_api_server_is_made_good(autoscaled, running_operator):
    autoscaled.start(replicas=2)
    cluster = autoscaled.cluster
    with autoscaled.load(lambda seconds: 7 if seconds < 20 else 18) as load:
        with cluster.without_api_server():
            rest(60)
            assert running_operator.process.poll() is None
        back = load.seconds()
        wait_until(lambda: autoscaled.replicas() == 5, "what the load has needed for long", seconds=60)
        assert load.seconds() - back < 45
        wait_until(lambda: autoscaled.policy("chat")["status"]["autoscaling"]["current"] == 5, "the status", seconds=30)
        assert all(after > before for before, after in autoscaled.changes())


def test_replicas_stay_while_sidecars_say_nothing(autoscaled, autoscaled_node):
    autoscaled.start(replicas=3)
    uids = {pod["metadata"]["uid"] for pod in autoscaled.pods("app=llm")}
    sidecars = [pod.processes["sidecar"] for uid, pod in list(autoscaled_node.pods.items()) if uid in uids]
    assert len(sidecars) == 3
    for process in sidecars:
        process.send_signal(signal.SIGSTOP)
    try:
        autoscaled.await_condition("chat", "MetricsAvailable", "False", "MetricsMissing", seconds=60)
        assert autoscaled.policy("chat")["status"]["autoscaling"]["reason"] == "MetricsMissing"
        assert autoscaled.replicas() == autoscaled.desired() == 3
    finally:
        for process in sidecars:
            process.send_signal(signal.SIGCONT)
    autoscaled.await_condition("chat", "MetricsAvailable", "True", "Fresh", seconds=60)
    assert autoscaled.replicas() == 3
