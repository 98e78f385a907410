"""What `penstock-operator` does without a cluster: check, render, crds."""

import json
import pathlib
import subprocess

import pytest
import yaml
from stack import BUILD, ROOT

OPERATOR = BUILD / "bin" / "penstock-operator"

FILES = """
apiVersion: penstock.dev/v1alpha1
kind: OptimizationPolicy
metadata: { name: chat }
spec:
  selector: { matchLabels: { app: llm } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: engine }
spec:
  template:
    metadata: { labels: { app: llm } }
    spec: { containers: [{ name: vllm, image: "vllm/vllm-openai:v1", args: [--port, "8000"] }] }
"""


SCHEDULED = """spec:
  autoscaling:
    target: { name: engine }
    maxReplicas: 4
    schedules: [{ name: day, start: "08:00", end: "18:00", timeZone: Europe/Berln, minReplicas: 2 }]
"""


PRICED = """---
apiVersion: penstock.dev/v1alpha1
kind: RoutingTable
metadata: { name: t }
spec:
  backends: [{ name: a, url: "https://a", dialect: OpenAI }]
  priceFiles: [{ format: LiteLLM, path: /prices.json }]
"""


@pytest.fixture(autouse=True)
def _built():
    if not OPERATOR.exists():
        pytest.skip("penstock-operator is not built (make build)")


NOWHERE = """
apiVersion: v1
kind: Config
clusters: [{ name: c, cluster: { server: "http://127.0.0.1:1" } }]
users: [{ name: u, user: {} }]
contexts: [{ name: x, context: { cluster: c, user: u } }]
current-context: x
"""


def operator(*arguments) -> subprocess.CompletedProcess:
    return subprocess.run([OPERATOR, *arguments], capture_output=True, text=True, timeout=20)


def test_render_shows_what_would_be_injected_and_delivered(tmp_path):
    file = tmp_path / "files.yaml"
    file.write_text(FILES)
    run = operator("render", file, "--sidecar-image", "mirror.example/sidecar:2")
    assert run.returncode == 0, run.stderr
    policy, config = yaml.safe_load_all(run.stdout)
    injection = policy["status"]["injection"]
    assert injection["container"]["image"] == "mirror.example/sidecar:2"
    assert injection["portSwap"] == {
        **{"container": "vllm", "from": 8000, "to": 18000, "bind": 8000, "flag": "--port", "env": "", "envHost": ""},
        "flagAlias": "",
    }
    assert config["metadata"]["name"] == "penstock-chat"
    assert json.loads(config["data"]["binding.json"])["spec"]["hash"] == policy["status"]["hash"]


def test_what_is_delivered_is_the_same_whatever_the_workload_is(tmp_path):
    """All of a policy's pods share it, those from before a change of the workload, too."""
    file = tmp_path / "files.yaml"
    moved = FILES.replace('"8000"', '"9000"')
    client = FILES.replace("vllm", "client", 1).replace('"vllm/vllm-openai:v1", args: [--port, "8000"]', "client, env: [{name: OPENAI_API_KEY, value: k}]")
    rendered = []
    for text in (FILES, moved, client):
        file.write_text(text)
        run = operator("render", file)
        assert run.returncode == 0, run.stderr
        rendered.append(list(yaml.safe_load_all(run.stdout)))
    assert len({json.dumps(policy["status"]["injection"]["container"]["args"]) for policy, _ in rendered}) == 3
    assert rendered[0][1] == rendered[1][1] == rendered[2][1]


def test_render_takes_lists_as_kubectl_prints_them(tmp_path):
    file = tmp_path / "files.yaml"
    file.write_text(FILES)
    alone = operator("render", file).stdout
    listed = {"apiVersion": "v1", "kind": "List", "items": list(yaml.safe_load_all(FILES))}
    for suffix, nested in ((".json", listed), (".yaml", {**listed, "items": [listed]})):
        one = tmp_path / ("list" + suffix)
        one.write_text(json.dumps(nested))
        run = operator("render", one)
        assert run.returncode == 0, run.stderr
        assert run.stdout == alone


@pytest.mark.parametrize("command", ["render", "run"])
@pytest.mark.parametrize("wrong", ["memory=128K", "memory=0", "memory=-1Mi", "memory=0.5", "cpu=-1", "cpu=0", "cpu=1x", "cpu=nan"])
def test_what_no_container_can_ask_for_is_refused(tmp_path, command, wrong):
    file = tmp_path / "files.yaml"
    file.write_text(FILES)
    run = operator(command, f"--sidecar-{wrong}", *([file] if command == "render" else []))
    assert run.returncode == 2
    assert f"--sidecar-{wrong.partition('=')[0]}: " in run.stderr and "must " in run.stderr, run.stderr


@pytest.mark.parametrize("command", ["render", "run"])
@pytest.mark.parametrize(
    "wrong",
    [["--status-port=15801"], ["--bind-port=15820"], ["--bind-port=15821"], [f"--sidecar-pull-secret={','.join('abcdefghi')}"]],
)
def test_what_a_sidecar_cannot_have_together_is_refused(tmp_path, command, wrong):
    file = tmp_path / "files.yaml"
    file.write_text(FILES)
    run = operator(command, *wrong, *([file] if command == "render" else []))
    assert run.returncode == 2, run.stderr
    assert "--status-port: " in run.stderr or "--sidecar-pull-secret: " in run.stderr


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob"])
def test_render_reads_every_workload(tmp_path, kind):
    policy, workload = yaml.safe_load_all(FILES)
    workload["kind"] = kind
    if kind == "CronJob":
        workload["spec"] = {"jobTemplate": {"spec": workload["spec"]}}
    file = tmp_path / "files.yaml"
    file.write_text(yaml.safe_dump_all([policy, workload]))
    run = operator("render", file)
    assert run.returncode == 0, run.stderr
    assert next(yaml.safe_load_all(run.stdout))["status"]["injection"]["portSwap"]["from"] == 8000


def test_render_goes_by_what_lasts(tmp_path):
    """As in a cluster, where what runs once tells only where nothing else does."""
    policy, workload = yaml.safe_load_all(FILES)
    client = {"name": "c", "image": "c", "env": [{"name": "OPENAI_API_KEY", "value": "k"}]}
    template = {"metadata": workload["spec"]["template"]["metadata"], "spec": {"containers": [client]}}
    job = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "nightly"}}
    job["spec"] = {"jobTemplate": {"spec": {"template": template}}}
    file = tmp_path / "files.yaml"
    file.write_text(yaml.safe_dump_all([policy, workload, job]))
    run = operator("render", file)
    assert run.returncode == 0, run.stderr
    assert next(yaml.safe_load_all(run.stdout))["status"]["injection"]["portSwap"]["from"] == 8000


def test_render_minds_what_the_namespace_admits(tmp_path):
    level = "{apiVersion: v1, kind: Namespace, metadata: {name: default, labels: {pod-security.kubernetes.io/enforce: %s}}}"
    redirecting = FILES.replace("selector:", "interception: {mode: Redirect}\n  selector:", 1)
    file = tmp_path / "files.yaml"
    file.write_text(redirecting + "\n---\n" + level % "privileged")
    run = operator("render", file)
    assert run.returncode == 0, run.stderr
    assert next(yaml.safe_load_all(run.stdout))["status"]["injection"]["redirect"]["name"] == "penstock-redirect"
    file.write_text(redirecting + "\n---\n" + level % "restricted")
    run = operator("render", file)
    assert run.returncode == 1
    assert "which namespace default does not admit" in run.stderr


def test_what_is_rendered_runs(tmp_path):
    """The ConfigMap's files, given to a sidecar."""
    file = tmp_path / "files.yaml"
    file.write_text(FILES)
    policy, config = yaml.safe_load_all(operator("render", file).stdout)
    folder = tmp_path / "policy"
    folder.mkdir()
    for name, text in config["data"].items():
        (folder / name).write_text(text)
    args = policy["status"]["injection"]["container"]["args"]
    own = args[args.index("--engine-port") :][:2]
    checked = subprocess.run(
        [BUILD / "bin" / "penstock-sidecar", "--resources", folder, *own, "--check"], capture_output=True, text=True, timeout=20
    )
    assert checked.returncode == 0, checked.stderr
    assert config["metadata"]["annotations"]["penstock.dev/hash"] in checked.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (FILES.replace("matchLabels: { app: llm }", ""), "default/chat: Accepted: spec.selector must hold matchLabels"),
        (FILES.replace("selector:", "routing: { tableRef: { name: t } }\n  selector:"), "names no RoutingTable"),
        (FILES.replace("selector:", "routing: { tableRef: { name: t } }\n  selector:") + PRICED, "spec.priceFiles are for a stand-alone"),
        (FILES.replace("vllm", "mine").replace("--port", "-x"), "tells no port; set spec.interception.engine.port"),
        (FILES.replace("spec:", "spec: [", 1), "files.yaml:"),
        (FILES.replace("spec:", SCHEDULED, 1), "Accepted: spec.autoscaling.schedules[0].timeZone is no zone"),
        ("kind: Service", "hold no OptimizationPolicy"),
    ],
)
def test_render_says_what_is_wrong(tmp_path, text, said):
    file = tmp_path / "files.yaml"
    file.write_text(text)
    run = operator("render", file)
    assert run.returncode == 1
    assert said in run.stderr


def test_check_names_every_place(tmp_path):
    file = tmp_path / "bad.yaml"
    file.write_text(FILES.partition("---")[0].replace("app: llm", "app: [x]") + "  mode: Sometimes\n")
    run = operator("check", file)
    assert run.returncode == 1
    assert len(run.stderr.splitlines()) == 2
    assert all("bad.yaml:" in line for line in run.stderr.splitlines())
    assert operator("check", ROOT / "deploy/samples").returncode == 1, "samples are separate policies of one name"
    for sample in (ROOT / "deploy/samples").glob("*.yaml"):
        assert operator("check", sample).returncode == 0


def test_crds_are_those_of_the_folder():
    printed = list(yaml.safe_load_all(operator("crds").stdout))
    stored = [yaml.safe_load(file.read_text()) for file in sorted((ROOT / "crds").glob("*.yaml"))]
    assert sorted(printed, key=lambda crd: crd["metadata"]["name"]) == stored


def test_it_takes_as_many_descriptors_as_it_may(tmp_path):
    """One for each sidecar, and container runtimes start it with 1,024."""
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(NOWHERE)
    command = ["prlimit", "--nofile=1024:4096", OPERATOR, "run", "--kubeconfig", kubeconfig, "--health", "off"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        try:
            assert any("runs as" in line for line in running.stdout)
            limits = pathlib.Path(f"/proc/{running.pid}/limits").read_text()
        finally:
            running.kill()
    soft, hard = next(line for line in limits.splitlines() if line.startswith("Max open files")).split()[3:5]
    assert (soft, hard) == ("4096", "4096")
