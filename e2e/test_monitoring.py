"""The dashboard's queries and the alerts, run by a real Prometheus that scrapes real sidecars and the operator."""

import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

import pytest
import yaml
from installation import CHART, ROOT, make_namespace, policy_document
from polling import wait_until
from ports import free_port
from spaces import POLICIES, Namespace, deployment

sys.path.insert(0, str(ROOT / "tests" / "contract"))

from stack import Stack  # noqa: E402

DASHBOARD = json.loads((CHART / "files/dashboard.json").read_text())
RULES = yaml.safe_load((CHART / "files/rules.yaml").read_text())
QUERIES = [(panel["title"], target["expr"]) for panel in DASHBOARD["panels"] for target in panel["targets"]]
ALERTS = [(rule["alert"], rule["expr"]) for group in RULES["groups"] for rule in group["rules"]]


class Prometheus:
    def __init__(self, folder: pathlib.Path, targets: list[str]):
        self.port = free_port()
        config = {
            "global": {"scrape_interval": "1s"},
            "rule_files": [str(CHART / "files/rules.yaml")],
            "scrape_configs": [
                {
                    "job_name": f"target{number}",
                    "honor_labels": number == len(targets),  # the operator's, as in the chart
                    "static_configs": [{"targets": [target], "labels": {"namespace": "team-a", "pod": f"pod{number}"}}],
                }
                for number, target in enumerate(targets, 1)
            ],
        }
        (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
        with open(folder / "prometheus.log", "wb") as log:
            self.process = subprocess.Popen(
                [
                    *("prometheus", f"--config.file={folder}/prometheus.yaml", f"--storage.tsdb.path={folder}/data"),
                    f"--web.listen-address=127.0.0.1:{self.port}",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        wait_until(lambda: self.query("vector(1)"), "prometheus")

    def get(self, path: str, **query: str) -> dict:
        url = f"http://127.0.0.1:{self.port}{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.loads(answer.read())["data"]

    def query(self, expression: str) -> list:
        return self.get("/api/v1/query", query=expression)["result"]

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


@pytest.fixture(scope="module")
def prometheus(programs, cluster, running_operator, tmp_path_factory):
    if shutil.which("prometheus") is None:
        pytest.skip("prometheus is not installed (scripts/bootstrap --e2e)")
    folder = tmp_path_factory.mktemp("prometheus")
    with Stack(folder) as stack:
        sidecars = [stack.sidecar(caching=True, name=f"s{number}") for number in range(2)]
        operator = f"127.0.0.1:{running_operator.port}"
        running = Prometheus(folder, [sidecar.status.removeprefix("http://") for sidecar in sidecars] + [operator])

        namespace = make_namespace(cluster, "monitored")

        def load(policy: str) -> None:
            """Hits, misses, streams and failures, so that every metric there is has something to show."""
            cluster.api.create(POLICIES.format(namespace), policy_document(policy, {"app": policy}))
            for sidecar in sidecars:
                for text in ("one", "one", "two"):
                    ask(sidecar.data, text)
                    ask(sidecar.data, text, stream=True)
                # What the cache gives again has no first token of an engine's.
                ask(sidecar.data, policy, stream=True)
                ask(sidecar.data, "three", wish="error=500")
                ask(sidecar.data, "four", wish="reset")
                ask(sidecar.data, f"{policy}, not asked before", stream=True)
                assert b" 400 " in raw(sidecar.data, b"no request at all\r\n\r\n")
                refuse_an_edit(sidecar)

        autoscaled(cluster, namespace)
        not_programmed(cluster, namespace)
        undeliverable(cluster, namespace)

        # Rates need two scrapes of each series: from before it moves, and from after.
        load("first")
        seen = "count(count_over_time(penstock_upstream_errors_total[1m]) >= 2) > 0"
        wait_until(lambda: running.query(seen), "two scrapes")
        wait_until(lambda: running.query("min(count_over_time(penstock_operator_work_total[1m])) >= 2"), "two of the operator")
        load("second")
        wait_until(lambda: running.query("sum(rate(penstock_cache_hits_total[1m])) > 0"), "a rate")
        wait_until(lambda: running.query("sum(rate(penstock_operator_work_total[1m])) > 0"), "a rate of the operator")
        changes = "min(count_over_time(penstock_autoscale_changes_total[1m])) >= 2"
        wait_until(lambda: running.query(changes), "two scrapes of the autoscaler")
        yield running
        running.stop()


def autoscaled(cluster, namespace: str) -> None:
    """A policy whose floor asks for another replica than there is."""
    target = deployment("engine", {"app": "scaled"})
    cluster.api.create(f"/apis/apps/v1/namespaces/{namespace}/deployments", target)
    block = {"target": {"name": "engine"}, "minReplicas": 3, "maxReplicas": 4, "mode": "Advise"}
    cluster.api.create(POLICIES.format(namespace), policy_document("scaled", {"app": "scaled"}, autoscaling=block))


def not_programmed(cluster, namespace: str) -> None:
    """A policy whose pods carry the sidecar, but have no node to run on."""
    space = Namespace(cluster, namespace)
    space.apply(deployment("waiting", {"app": "waiting"}))
    space.await_pods("app=waiting", 2)
    space.apply(policy_document("waiting", {"app": "waiting"}))
    space.await_condition("waiting", "Injected", "False", "RestartRequired")
    cluster.kubectl("-n", namespace, "delete", "pods", "-l", "app=waiting")
    space.await_condition("waiting", "Programmed", "False")


def undeliverable(cluster, namespace: str) -> None:
    """A policy whose ConfigMap somebody else wrote, so that the operator fails to."""
    theirs = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "penstock-theirs"}, "data": {"mine": "kept"}}
    space = Namespace(cluster, namespace)
    space.apply(theirs)
    space.apply(deployment("theirs", {"app": "theirs"}))
    space.apply(policy_document("theirs", {"app": "theirs"}))
    assert "not Penstock's" in space.await_condition("theirs", "Degraded", "True", "NotDelivered")["message"]
    left = cluster.api.get(f"/api/v1/namespaces/{namespace}/configmaps/penstock-theirs")
    assert left["data"] == theirs["data"] and "ownerReferences" not in left["metadata"]


def refuse_an_edit(sidecar) -> None:
    """It is given a policy that is none, and then its own again."""
    good, before = sidecar.resources.read_text(), sidecar.metric('penstock_reloads_total{result="refused"}')
    sidecar.resources.write_text("kind: Nonsense\n")
    wait_until(lambda: sidecar.metric('penstock_reloads_total{result="refused"}') > before, "the refusal")
    sidecar.resources.write_text(good)


def ask(base: str, text: str, wish: str = "", stream: bool = False) -> None:
    body = {"model": "gpt-4o-mini", "stream": stream, "messages": [{"role": "user", "content": text}]}
    headers = {"content-type": "application/json", "authorization": "Bearer k"} | ({"x-simulate": wish} if wish else {})
    request = urllib.request.Request(f"{base}/v1/chat/completions", json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            answer.read()
    except urllib.error.HTTPError:
        assert wish, text


def raw(base: str, sent: bytes) -> bytes:
    """The first bytes of the answer."""
    address = urllib.parse.urlsplit(base)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(sent)
        return connection.recv(1_000)


def as_grafana_sends(expression: str) -> str:
    for name, value in (("$__rate_interval", "1m"), ("$__range", "1h"), ("$namespace", ".*")):
        expression = expression.replace(name, value)
    return expression


@pytest.mark.parametrize(("title", "expression"), QUERIES, ids=[title for title, _ in QUERIES])
def test_every_panel_shows_something(prometheus, title, expression):
    assert "$" not in as_grafana_sends(expression)
    # A panel that shows 0 where there is nothing would do so for a metric that does not exist.
    asked = re.sub(r"\s+or\s+vector\(0\)$", "", as_grafana_sends(expression))
    assert "vector(" not in asked
    assert prometheus.query(asked), f"{title} is empty"


@pytest.mark.parametrize(("name", "expression"), ALERTS, ids=[name for name, _ in ALERTS])
def test_every_alert_is_evaluated(prometheus, name, expression):
    # Without its threshold an alert that is quiet must still find what it judges.
    quiet = expression.rpartition(" > ")[0]
    assert prometheus.query(quiet), f"{name} finds nothing"
    prometheus.query(expression)
    health = {rule["name"]: rule["health"] for rule in prometheus.get("/api/v1/rules")["groups"][0]["rules"]}
    assert health[name] in ("ok", "unknown")


def test_promtool_takes_the_rules():
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed (scripts/bootstrap --e2e)")
    run = subprocess.run(["promtool", "check", "rules", CHART / "files/rules.yaml"], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


POD, POLICY = 'namespace="a",pod="p"', 'namespace="a",policy="p"'
CONDITION = f"penstock_autoscale_condition{{{POLICY},type="
POLICY_CONDITION = f"penstock_policy_condition{{{POLICY},type="
SELECTED, INJECTED = (f'penstock_policy_pods{{{POLICY},state="{state}"}}' for state in ("selected", "injected"))
INVALID, ANSWERED = (f'penstock_operator_webhook_reviews_total{{outcome="{outcome}"}}' for outcome in ("invalid", "answered"))
CALLS = {
    'penstock_upstream_connections_opened_total{namespace="a",backend="b"}': "0+10x40",
    'penstock_upstream_connections_reused_total{namespace="a",backend="b"}': "0+90x40",
}
ERRORS = 'penstock_upstream_errors_total{namespace="a",backend="b"}'
OVERHEAD = 'penstock_overhead_microseconds_bucket{namespace="a",le='
WITHIN = {f'{OVERHEAD}"20000"}}': "0+100x40", f'{OVERHEAD}"+Inf"}}': "0+100x40"}
OPEN = 'process_open_fds{instance="i",namespace="a",pod="p"}'
LIMIT = {'process_max_fds{instance="i",namespace="a",pod="p"}': "1000x40"}
OF_A_SIDECAR = {'penstock_build_info{instance="i"}': "1x40"}
FAILED, DONE = (f'penstock_operator_work_total{{kind="k",outcome="{outcome}"}}' for outcome in ("failure", "success"))
IS_POD, IS_POLICY = {"namespace": "a", "pod": "p"}, {"namespace": "a", "policy": "p"}
# What there is of each minute, and what an alert that fires half an hour later is labelled with: None where it does not.
CASES = {
    "refused": ("PenstockPolicyRefused", {f'penstock_reloads_total{{{POD},result="refused"}}': "0x25 1x10"}, IS_POD),
    "refused long ago": ("PenstockPolicyRefused", {f'penstock_reloads_total{{{POD},result="refused"}}': "0x5 1x30"}, None),
    "accepted": ("PenstockPolicyRefused", {f'penstock_reloads_total{{{POD},result="applied"}}': "0+1x40"}, None),
    "6 % fail": ("PenstockUpstreamFailing", {**CALLS, ERRORS: "0+6x40"}, {"namespace": "a", "backend": "b"}),
    "4 % fail": ("PenstockUpstreamFailing", {**CALLS, ERRORS: "0+4x40"}, None),
    "12 rejected a minute": (
        *("PenstockRejecting", {f'penstock_rejected_total{{{POD},reason="r"}}': "0+12x40"}),
        {**IS_POD, "reason": "r"},
    ),
    "3 rejected a minute": ("PenstockRejecting", {f'penstock_rejected_total{{{POD},reason="r"}}': "0+3x40"}, None),
    "a tenth slow": ("PenstockSlow", {**WITHIN, f'{OVERHEAD}"10000"}}': "0+90x40"}, {"namespace": "a"}),
    "none slow": ("PenstockSlow", {**WITHIN, f'{OVERHEAD}"10000"}}': "0+100x40"}, None),
    "nearly all open": ("PenstockDescriptorsRunOut", {**LIMIT, **OF_A_SIDECAR, OPEN: "900x40"}, IS_POD),
    "half of them open": ("PenstockDescriptorsRunOut", {**LIMIT, **OF_A_SIDECAR, OPEN: "500x40"}, None),
    "of another program": ("PenstockDescriptorsRunOut", {**LIMIT, OPEN: "900x40"}, None),
    "one leads": (
        *("PenstockNobodyLeads", {f'penstock_operator_leader{{pod="{pod}"}}': f"{leads}x40" for pod, leads in (("a", 0), ("b", 1))}),
        None,
    ),
    "none leads": ("PenstockNobodyLeads", {f'penstock_operator_leader{{pod="{pod}"}}': "0x40" for pod in "ab"}, {}),
    "one leads in another release": (
        *("PenstockNobodyLeads", {f'penstock_operator_leader{{namespace="{ns}"}}': f"{leads}x40" for ns, leads in (("x", 1), ("y", 0))}),
        {"namespace": "y"},
    ),
    "none runs": ("PenstockNobodyLeads", {}, {}),
    "all went down": ("PenstockNobodyLeads", {'penstock_operator_leader{pod="b"}': "1x4 _x36"}, {}),
    "12 failures a minute": ("PenstockOperatorFails", {FAILED: "0+12x40", DONE: "0+90x40"}, {"kind": "k"}),
    "3 failures a minute": ("PenstockOperatorFails", {FAILED: "0+3x40", DONE: "0+90x40"}, None),
    "degraded": ("PenstockPolicyDegraded", {f'{POLICY_CONDITION}"Degraded"}}': "0x5 1x30"}, IS_POLICY),
    "degraded for 5 minutes": ("PenstockPolicyDegraded", {f'{POLICY_CONDITION}"Degraded"}}': "0x24 1x10"}, None),
    "deleted": ("PenstockPolicyDegraded", {f'{POLICY_CONDITION}"Degraded"}}': "1x15 _x20"}, None),
    "not programmed": ("PenstockPolicyNotProgrammed", {f'{POLICY_CONDITION}"Programmed"}}': "1x5 0x30"}, IS_POLICY),
    "programmed": ("PenstockPolicyNotProgrammed", {f'{POLICY_CONDITION}"Programmed"}}': "1x40"}, None),
    "no pods yet": ("PenstockPolicyNotProgrammed", {f'{POLICY_CONDITION}"Accepted"}}': "1x40"}, None),
    "one pod without": ("PenstockPodsWithoutSidecar", {SELECTED: "3x40", INJECTED: "2x40"}, IS_POLICY),
    "all with": ("PenstockPodsWithoutSidecar", {SELECTED: "3x40", INJECTED: "3x40"}, None),
    "one anew": ("PenstockPodsWithoutSidecar", {SELECTED: "3x40", INJECTED: "3x19 2x5 3x15"}, None),
    "one review fails": ("PenstockWebhookFails", {INVALID: "0x25 1x10", ANSWERED: "0+5x40"}, {}),
    "one failed long ago": ("PenstockWebhookFails", {INVALID: "0x5 1x30", ANSWERED: "0+5x40"}, None),
    "reviews": ("PenstockWebhookFails", {INVALID: "0x40", ANSWERED: "0+5x40"}, None),
    "starved": ("PenstockCapacityStarved", {f'{CONDITION}"CapacityStarved"}}': "1x40"}, IS_POLICY),
    "starved for 3 minutes": ("PenstockCapacityStarved", {f'{CONDITION}"CapacityStarved"}}': "0x26 1x10"}, None),
    "conflict": ("PenstockScalingConflict", {f'{CONDITION}"Conflict"}}': "1x40"}, IS_POLICY),
    "conflict for 10 minutes": ("PenstockScalingConflict", {f'{CONDITION}"Conflict"}}': "0x19 1x20"}, None),
    "blind": ("PenstockScalingBlind", {f'{CONDITION}"MetricsAvailable"}}': "0x40"}, IS_POLICY),
    "seeing": ("PenstockScalingBlind", {f'{CONDITION}"MetricsAvailable"}}': "1x40"}, None),
}


def test_every_alert_fires_in_a_case_and_another_keeps_it_quiet():
    for fires in (True, False):
        assert {name for name, _, labels in CASES.values() if (labels is not None) == fires} == {name for name, _ in ALERTS}


@pytest.mark.parametrize(("name", "series", "labels"), CASES.values(), ids=CASES)
def test_it_fires(tmp_path, name, series, labels):
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed (scripts/bootstrap --e2e)")
    alert = next(rule for group in RULES["groups"] for rule in group["rules"] if rule["alert"] == name)

    def told(text: str) -> str:
        return re.sub(r"{{ \$labels\.(\w+) }}", lambda field: labels.get(field[1], ""), text)

    fired = [] if labels is None else [
        {
            "exp_labels": {**alert["labels"], **labels},
            "exp_annotations": {kind: told(text) for kind, text in alert["annotations"].items()},
        }
    ]
    given = [{"series": one, "values": values} for one, values in series.items()]
    asked = {"eval_time": "30m", "alertname": name, "exp_alerts": fired}
    case = {"interval": "1m", "input_series": given, "alert_rule_test": [asked]}
    path = tmp_path / "case.yaml"
    path.write_text(yaml.safe_dump({"rule_files": [str(CHART / "files/rules.yaml")], "tests": [case]}))
    run = subprocess.run(["promtool", "test", "rules", path], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
