"""One real node: containerd, kubelet and kube-proxy from Debian's packages and the cluster's own binary.

Needs root and a network namespace of its own (scripts/run-e2e-node makes one). Images come from archives; there is no
registry. Everything it leaves is below its folder, or taken down in stop().
"""

import os
import pathlib
import shutil
import signal
import subprocess

from polling import wait_until
from ports import free_port

BRIDGE = "penstock0"
POD_NETWORK = "10.244.0.0/24"
GATEWAY = "10.244.0.1/24"
SERVICES = "10.96.0.0/16"
# What kubelet and containerd use whatever their configuration says.
FIXED_PATHS = ("/var/lib/cni", "/var/log/containers", "/var/lib/kubelet/device-plugins", "/run/containerd")

CNI = """{{"cniVersion": "0.4.0", "name": "penstock", "plugins": [
  {{"type": "bridge", "bridge": "{bridge}", "isGateway": true, "ipMasq": false, "hairpinMode": true,
    "ipam": {{"type": "host-local", "dataDir": "{folder}/ipam", "ranges": [[{{"subnet": "{network}"}}]],
              "routes": [{{"dst": "0.0.0.0/0"}}]}}}}]}}
"""

CONTAINERD = """version = 2
root = "{folder}/root"
state = "{folder}/run"
[grpc]
  address = "{folder}/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "penstock.test/pause:1"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{folder}/cni"
"""

KUBELET = """apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: {address}
authentication: {{anonymous: {{enabled: false}}, webhook: {{enabled: true}}, x509: {{clientCAFile: {pki}/ca.crt}}}}
authorization: {{mode: Webhook}}
tlsCertFile: {pki}/node.crt
tlsPrivateKeyFile: {pki}/node.key
containerRuntimeEndpoint: unix://{folder}/containerd.sock
cgroupDriver: cgroupfs
enforceNodeAllocatable: []
failCgroupV1: false
failSwapOn: false
resolvConf: ""
healthzBindAddress: 127.0.0.1
healthzPort: {health}
evictionHard:
  {{memory.available: "0%", nodefs.available: "0%", nodefs.inodesFree: "0%", imagefs.available: "0%", imagefs.inodesFree: "0%"}}
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
podLogsDir: {folder}/podlogs
volumePluginDir: {folder}/volplugins
localStorageCapacityIsolation: false
"""


def run(*arguments: str, check: bool = True) -> subprocess.CompletedProcess:
    return subprocess.run([str(part) for part in arguments], check=check, capture_output=True, text=True)


class RealNode:
    name = "real"

    def __init__(self, cluster, folder: pathlib.Path, images: list[pathlib.Path]):
        self.cluster = cluster
        self.folder = folder
        self.processes: dict[str, subprocess.Popen] = {}
        # Paths that were here before stay.
        self.made = [path for path in FIXED_PATHS if not os.path.exists(path)]
        for part in ("cni", "log", "podlogs", "volplugins", "kubelet"):
            (folder / part).mkdir(parents=True)
        cluster.pki.node(self.name, cluster.address)
        (folder / "cni/10-penstock.conflist").write_text(
            CNI.format(bridge=BRIDGE, folder=folder, network=POD_NETWORK)
        )
        (folder / "containerd.toml").write_text(CONTAINERD.format(folder=folder))
        (folder / "kubelet.yaml").write_text(
            KUBELET.format(folder=folder, address=cluster.address, pki=cluster.pki.folder, health=free_port())
        )
        # The CNI plugin would make it with the first pod; processes of this namespace need the route to Services now.
        run("ip", "link", "add", BRIDGE, "type", "bridge")
        run("ip", "addr", "add", GATEWAY, "dev", BRIDGE)
        run("ip", "link", "set", BRIDGE, "up")
        run("ip", "route", "replace", SERVICES, "dev", BRIDGE)
        # A connection to a Service that kube-proxy does not know yet is refused. Were its SYN let out to nobody, conntrack
        # would keep "not translated" for its port, and every later connection from that port would go to nobody too.
        for chain in ("OUTPUT", "FORWARD"):
            run("iptables", "-A", chain, "-d", SERVICES, "-j", "REJECT")
        self.start("containerd", "containerd", "-c", str(folder / "containerd.toml"))
        wait_until(lambda: self.ctr("version").returncode == 0, "containerd")
        for image in images:
            imported = self.ctr("-n", "k8s.io", "images", "import", str(image))
            assert imported.returncode == 0, imported.stderr
        kubeconfig = str(cluster.pki.kubeconfig("node", cluster.server))
        self.start(
            "kubelet",
            str(cluster.bin / "kubelet"),
            *("--config", str(folder / "kubelet.yaml"), "--kubeconfig", kubeconfig),
            *("--hostname-override", self.name, "--node-ip", cluster.address, "--root-dir", str(folder / "kubelet")),
            *("--cert-dir", str(folder / "certificates"), "--runtime-cgroups", "/"),
        )
        self.start(
            "kube-proxy",
            str(cluster.bin / "kube-proxy"),
            *("--kubeconfig", str(cluster.kubeconfig), "--hostname-override", self.name, "--proxy-mode", "iptables"),
            *("--cluster-cidr", "10.244.0.0/16", "--conntrack-max-per-core=0", "--conntrack-min=0"),
            *("--conntrack-tcp-timeout-established=0s", "--conntrack-tcp-timeout-close-wait=0s"),
            *("--metrics-bind-address", f"127.0.0.1:{free_port()}", "--healthz-bind-address", f"127.0.0.1:{free_port()}"),
        )
        wait_until(self.is_ready, "the node")

    def start(self, name: str, *arguments: str) -> None:
        with open(self.folder / "log" / f"{name}.log", "ab") as log:
            self.processes[name] = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def ctr(self, *arguments: str) -> subprocess.CompletedProcess:
        return run("ctr", "-a", str(self.folder / "containerd.sock"), *arguments, check=False)

    def is_ready(self) -> bool:
        node = self.cluster.api.get(f"/api/v1/nodes/{self.name}")
        conditions = (node or {}).get("status", {}).get("conditions", [])
        return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)

    def stop(self) -> None:
        """Pods first, by the API, so that the kubelet itself ends their containers; then what is left."""
        self.cluster.kubectl("delete", "pods", "-A", "--all", "--grace-period=1", "--timeout=60s", check=False)
        for name in ("kube-proxy", "kubelet"):
            self.end(name)
        for task in self.ctr("-n", "k8s.io", "tasks", "ls", "-q").stdout.split():
            self.ctr("-n", "k8s.io", "tasks", "kill", "-s", "KILL", task)
            self.ctr("-n", "k8s.io", "tasks", "rm", "-f", task)
        self.end("containerd")
        mounts = [line.split()[1] for line in pathlib.Path("/proc/self/mounts").read_text().splitlines()]
        for mount in sorted((mount for mount in mounts if mount.startswith(f"{self.folder}/")), reverse=True):
            run("umount", "-l", mount, check=False)
        for namespace in pathlib.Path("/run/netns").glob("cni-*"):
            run("ip", "netns", "del", namespace.name, check=False)
        for group in sorted(pathlib.Path("/sys/fs/cgroup").glob("*/kubepods/**/"), reverse=True):
            try:
                group.rmdir()
            except OSError:
                pass  # not empty, or gone with its parent
        for path in self.made:
            shutil.rmtree(path, ignore_errors=True)

    def end(self, name: str) -> None:
        process = self.processes.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
