"""Documents that people copy from: resources in them are valid, links lead somewhere, make targets exist."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SIDECAR = ROOT / "build/release/bin/penstock-sidecar"
OPERATOR = ROOT / "build/release/bin/penstock-operator"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("lib/*/README.md")])


def resources() -> list[tuple[str, str]]:
    """(document, text) of each YAML block that holds resources."""
    found = []
    for document in DOCUMENTS:
        for block in re.findall(r"^```yaml\n(.*?)^```", document.read_text(), re.DOTALL | re.MULTILINE):
            if "apiVersion: penstock.dev/" in block:
                found.append((str(document.relative_to(ROOT)), block))
    return found


@pytest.mark.skipif(not SIDECAR.exists(), reason="penstock-sidecar is not built")
@pytest.mark.parametrize(("document", "text"), resources(), ids=lambda value: value.split("\n")[0][:40])
def test_resources_in_documents_are_valid(tmp_path, document, text):
    file = tmp_path / "resources.yaml"
    file.write_text(text)
    # Without a routing table requests go to the engine in the pod, which only a cluster has.
    stand_alone = "tableRef:" in text
    command = [SIDECAR, "--resources", file, "--check"] if stand_alone else [OPERATOR, "check", file]
    run = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert run.returncode == 0, f"{document}:\n{run.stdout}{run.stderr}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document):
    broken = []
    for target in re.findall(r"\]\(([^)#\s]+)", document.read_text()):
        if not target.startswith(("http://", "https://")) and not (document.parent / target).exists():
            broken.append(target)
    assert not broken


def test_make_targets_in_documents_exist():
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    unknown = []
    for document in DOCUMENTS:
        for block in re.findall(r"`make ([a-z0-9-]+)|^make ([a-z0-9-]+)", document.read_text(), re.MULTILINE):
            name = block[0] or block[1]
            if name not in targets:
                unknown.append(f"{document.name}: make {name}")
    assert not unknown


STAGE_TABLE = ROOT / "sidecar/app/stage_table.cc"


@pytest.mark.skipif(not STAGE_TABLE.exists(), reason="there is no stage table yet")
def test_every_stage_has_its_row_in_the_life_of_a_request():
    document = (ROOT / "docs/life-of-a-request.md").read_text()
    rows = re.findall(r"^\| ([a-z][a-z0-9_ -]*) \|", document, re.MULTILINE)
    stages = re.findall(r'Entry\{\s*"([^"]+)"', STAGE_TABLE.read_text())
    assert stages
    assert [stage for stage in stages if stage not in rows] == []
