"""This sidecar under the operators of earlier releases; skew_test.cc has the reverse, this operator over their sidecars.

With PENSTOCK_EARLIER_SIDECAR, the path of an earlier release's program, that one is held to what this operator gives.
"""

import contextlib
import json
import os
import pathlib
import sys
import urllib.request

import pytest
import yaml

sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "e2e" / "cluster"))  # mounted_config_map

from mounted_config_map import MountedConfigMap  # noqa: E402
from stack import SIDECAR, Sidecar  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from record import RELEASES, policy_of, rendered, version  # noqa: E402

RECORDS = sorted(path.name for path in RELEASES.iterdir())


class RecordedPod(Sidecar):
    def ask(self, text: str) -> str:
        """A chat request through it; what its cache says."""
        body = json.dumps({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}]}).encode()
        fields = {"content-type": "application/json", "authorization": "Bearer k"}
        with urllib.request.urlopen(urllib.request.Request(f"{self.data}/v1/chat/completions", body, fields), timeout=30) as answer:
            assert json.loads(answer.read())["choices"]
            return answer.headers["cache-status"]


class EarlierPod(RecordedPod):
    program = pathlib.Path(os.environ.get("PENSTOCK_EARLIER_SIDECAR", "none"))


@contextlib.contextmanager
def running(record: dict, folder: pathlib.Path, pod: type[RecordedPod] = RecordedPod):
    """The sidecar with the arguments and files that an operator gives it; folders and its listeners are of this machine."""
    config = MountedConfigMap(folder / "policy")
    config.write(record["files"])
    (folder / "secrets").mkdir()
    places = {"--resources": str(config.folder), "--secrets-dir": str(folder / "secrets")}
    ours = ("--listen", "--status", "--admin")
    argv = []
    for flag, value in zip(record["args"][::2], record["args"][1::2], strict=True):
        if flag not in ours:
            argv += [flag, places.get(flag, value)]
    sidecar = pod("recorded", folder, None, argv)
    try:
        yield sidecar
    finally:
        sidecar.stop()


def assert_runs(sidecar: RecordedPod, record: dict) -> None:
    with urllib.request.urlopen(f"{sidecar.status}/readyz", timeout=5) as answer:
        assert answer.headers["x-penstock-policy"] == record["hash"]
        assert "x-penstock-policy-problem" not in answer.headers


@pytest.mark.skipif(not SIDECAR.exists(), reason="penstock-sidecar is not built (make build)")
@pytest.mark.parametrize("release", RECORDS)
def test_this_sidecar_runs_what_the_operator_of_a_release_gives_it(release, tmp_path):
    record = yaml.safe_load((RELEASES / release / "operator.yaml").read_text())
    with running(record, tmp_path) as sidecar:
        assert_runs(sidecar, record)


@pytest.mark.skipif(not EarlierPod.program.exists(), reason="PENSTOCK_EARLIER_SIDECAR names no earlier penstock-sidecar")
def test_an_earlier_sidecar_runs_what_this_operator_gives_it(tmp_path):
    record = rendered(policy_of(version()))
    with running(record, tmp_path, EarlierPod) as sidecar:
        assert_runs(sidecar, record)


@pytest.mark.skipif(not SIDECAR.exists(), reason="penstock-sidecar is not built (make build)")
def test_the_record_of_this_version_is_what_this_operator_gives():
    """Until a version is out its record follows it: tests/contract/skew/record.py."""
    record = yaml.safe_load((RELEASES / version() / "operator.yaml").read_text())
    assert rendered(policy_of(version())) == record
