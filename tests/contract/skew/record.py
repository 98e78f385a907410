#!/usr/bin/env python3
"""Records what the operator and the sidecar of this version say to each other, as releases/VERSION.

Run for every release, and never again for one that is out: test_skew.py and skew_test.cc hold later versions to it.
record.py NAME writes releases/NAME, of the programs below PENSTOCK_BUILD and of releases/NAME/policy.yaml where that is.
"""

import argparse
import pathlib
import socket
import subprocess
import sys
import tempfile

import yaml

HERE = pathlib.Path(__file__).parent
sys.path += [str(HERE.parent), str(HERE.parents[1])]  # stack, ports

from stack import BUILD, DEMO, SIDECAR, Process  # noqa: E402

RELEASES = HERE / "releases"
ENGINE_PORT = "18000"
NONCE = "0123456789abcdef"


def version() -> str:
    return subprocess.run([SIDECAR, "--version"], check=True, capture_output=True, text=True).stdout.split()[-1]


def policy_of(release: str) -> pathlib.Path:
    """A release from before some of its blocks has a smaller one of its own."""
    own = RELEASES / release / "policy.yaml"
    return own if own.exists() else HERE / "policy.yaml"


def rendered(policy: pathlib.Path) -> dict:
    """What the operator injects and delivers, of which pods and sidecars see these parts."""
    run = subprocess.run(
        [BUILD / "bin/penstock-operator", "render", policy], check=True, capture_output=True, text=True
    )
    policy, config = yaml.safe_load_all(run.stdout)
    return {
        "hash": policy["status"]["hash"],
        "args": policy["status"]["injection"]["container"]["args"],
        "files": config["data"],
    }


def raw(port: int, path: str) -> bytes:
    """The answer, byte by byte."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nhost: pod\r\nconnection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: connection.recv(65536), b""))


def main() -> None:
    from test_skew import running  # noqa: PLC0415

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("name", nargs="?", default=version(), help="the folder below releases/; else the version")
    name = parser.parse_args().name
    folder = RELEASES / name
    folder.mkdir(parents=True, exist_ok=True)
    record = rendered(policy_of(name))
    (folder / "operator.yaml").write_text(yaml.safe_dump(record, width=10_000))
    with tempfile.TemporaryDirectory() as scratch:
        argv = [DEMO, "model-server", "--listen", f"127.0.0.1:{ENGINE_PORT}"]
        engine = Process("engine", argv, pathlib.Path(scratch))
        engine.wait_until(lambda: engine.log, "said nothing")
        with running(record, pathlib.Path(scratch)) as sidecar:
            for number in range(3):
                sidecar.ask(f"question {number % 2}")
            status, data = (int(url.rpartition(":")[2]) for url in (sidecar.status, sidecar.data))
            for answer, port, path in (
                ("health", status, "/healthz"),
                ("signals", status, "/api/signals"),
                ("proof", data, f"/.well-known/penstock/proof/{NONCE}"),
            ):
                (folder / f"{answer}.http").write_bytes(raw(port, path))
        engine.stop()
    print(f"{folder}: recorded")


if __name__ == "__main__":
    main()
