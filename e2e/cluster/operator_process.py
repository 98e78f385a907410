"""The operator as a process beside the cluster."""

import pathlib
import subprocess
import urllib.error
import urllib.request

from polling import wait_until
from ports import free_port

SIDECAR_IMAGE = "penstock.test/sidecar:1"


class OperatorProcess:
    """`penstock-operator run` with a kubeconfig; ended by its pid."""

    def __init__(self, program: pathlib.Path, kubeconfig: pathlib.Path, log: pathlib.Path, *flags: str, lease: str = "penstock-operator"):
        self.port = free_port()
        self.log = log
        self.command = [
            *(str(program), "run", "--kubeconfig", str(kubeconfig)),
            *("--lease", lease, "--sidecar-image", SIDECAR_IMAGE, "--health", f"127.0.0.1:{self.port}", *flags),
        ]
        self.start()

    def start(self) -> None:
        """Also once it has ended. With as few descriptors at first as container runtimes give."""
        with open(self.log, "ab") as output:
            command = ["prlimit", "--nofile=1024:", *self.command]
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        wait_until(self.ready, "penstock-operator")

    def restart(self) -> None:
        assert self.stop() == 0
        self.start()

    def ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                return answer.status == 200
        except urllib.error.HTTPError:
            return False

    def readiness(self) -> str:
        """What it says of itself while it is ready."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
            return answer.read().decode().strip()

    def metrics(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as answer:
            return answer.read().decode()

    def has_caught_up(self) -> bool:
        """Whether nothing waits to be looked at."""
        return "\npenstock_operator_queue_depth 0\n" in self.metrics()

    def stop(self) -> int:
        """The exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(20)

    def kill(self) -> None:
        """As if its machine were gone: it gives nothing back."""
        self.process.kill()
        self.process.wait()
