"""The sidecar with a TLS listener, for the idle connection row."""

import subprocess
from pathlib import Path

import footprint
from peers import Stage, wait_until_ready
from rows import Row

RESOURCES = """\
apiVersion: penstock.dev/v1alpha1
kind: OptimizationPolicy
metadata:
  name: bench
  namespace: default
spec:
  selector:
    matchLabels:
      app: bench
  listener:
    tls:
      certificateRef:
        name: bench-tls
  routing:
    tableRef:
      name: bench
---
apiVersion: penstock.dev/v1alpha1
kind: RoutingTable
metadata:
  name: bench
  namespace: default
spec:
  backends:
    - name: upstream
      url: http://127.0.0.1:{upstream}
      dialect: OpenAI
"""


def write_certificate(folder: Path) -> None:
    """A P-256 certificate of our own, as the Secret `bench-tls`."""
    secret = folder / "secrets" / "bench-tls"
    secret.mkdir(parents=True, exist_ok=True)
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-subj", "/CN=bench.local", "-days", "2"]
    command += ["-keyout", str(secret / "tls.key"), "-out", str(secret / "tls.crt")]
    subprocess.run(command, check=True, capture_output=True)


def measure(stage: Stage, row: Row, count: int) -> None:
    upstream = stage.upstream()
    write_certificate(stage.folder)
    resources = stage.folder / "resources"
    resources.mkdir(exist_ok=True)
    (resources / "bench.yaml").write_text(RESOURCES.format(upstream=upstream.port))
    target = ["--resources", str(resources), "--secrets-dir", str(stage.folder / "secrets")]
    peer = stage.sidecar("penstock-tls", target)
    wait_until_ready(peer)
    footprint.measure_idle_tls(stage, row, peer, count)
    stage.retire(peer.process)
    stage.retire(upstream.process)
