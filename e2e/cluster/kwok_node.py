"""A node of kwok's: another maker's program says what becomes of its pods, and this runs their processes.

What passes on this one and on fake_node.py's does not pass because ours is kind.
"""

import pathlib
import subprocess

from api import Api
from fake_node import NETWORK, FakeNode, Pod
from polling import wait_until

# Beyond those that fake_node.py counts up.
ADDRESSES = f"{NETWORK or '127.1'}.240.1/24"


class KwokPod(Pod):
    """Address, phase and readiness are kwok's, which does not ask the processes."""

    def start(self, api: Api) -> None:
        self.ip = wait_until(lambda: self.document["status"].get("podIP"), f"kwok's address for {self.name}")
        super().start(api)

    def report(self, api: Api, ready: bool) -> None:
        pass


class KwokNode(FakeNode):
    pod_type = KwokPod

    def __init__(self, cluster, name: str, programs: pathlib.Path, folder: pathlib.Path, kwok: pathlib.Path):
        """`kwok`: the folder that build-beside has filled."""
        with open(folder / "kwok.log", "ab") as log:
            self.kwok = subprocess.Popen(
                [
                    *(str(kwok / "kwok"), "--kubeconfig", str(cluster.kubeconfig)),
                    *(f"--config={stage}" for stage in (kwok / "stages").iterdir()),
                    *("--manage-all-nodes=false", "--manage-single-node", name),
                    *("--cidr", ADDRESSES, "--node-ip", "127.0.0.1", "--node-lease-duration-seconds", "40"),
                    *("--server-address", "127.0.0.1:0"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        super().__init__(cluster, name, programs, folder)

    def beat(self, api: Api) -> None:
        """kwok does."""

    def stop(self) -> None:
        super().stop()
        self.kwok.terminate()
        self.kwok.wait(20)
