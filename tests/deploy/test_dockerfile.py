"""The Dockerfile says what `make image` does. There is no container engine here: its steps are read, and what they run after
the compiler is run, in a folder that takes the place of the image. Not shown: Debian's own image, and the installing in it."""

import os
import pathlib
import re
import shlex
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILT = pathlib.Path(os.environ.get("PENSTOCK_BUILD", ROOT / "build" / "release"))
DOCKERFILE = (ROOT / "deploy/image/Dockerfile").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
VERSION = re.search(r"^project.penstock VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE)[1]
IMAGES = ("operator", "sidecar")


def steps_of(text: str) -> dict[str, list[tuple[str, str]]]:
    """(instruction, what it is told) of each stage, by its name."""
    stages: dict[str, list[tuple[str, str]]] = {}
    for line in text.replace("\\\n", " ").splitlines():
        if not line or line.startswith("#"):
            continue
        instruction, _, told = line.partition(" ")
        if instruction == "FROM":
            base, _, name = told.partition(" AS ")
            steps = stages.setdefault(name, [])
            steps.append((instruction, base))
        else:
            steps.append((instruction, told))
    return stages


STAGES = steps_of(DOCKERFILE)
RUNS = [told for instruction, told in STAGES["build"] if instruction == "RUN"]


def packed(image: str) -> list[str]:
    """The arguments of the step that lays out this image."""
    return shlex.split(next(run for run in RUNS if run.endswith(f" /{image}/")))


def test_it_builds_where_the_project_builds_and_ships_from_nothing():
    bases = {name: steps[0] for name, steps in STAGES.items()}
    assert bases == {"build": ("FROM", "debian:12"), **{image: ("FROM", "scratch") for image in IMAGES}}
    assert STAGES["build"][1:3] == [("WORKDIR", "/src"), ("COPY", ". .")]
    assert {instruction for steps in STAGES.values() for instruction, _ in steps} == {"FROM", "WORKDIR", "COPY", "RUN", "USER", "ENTRYPOINT"}


def test_the_context_brings_nothing_that_runs_only_where_it_was_made():
    ignored = set((ROOT / ".dockerignore").read_text().split())
    for line in (ROOT / ".gitignore").read_text().split():
        name = line.strip("/")
        assert {name, f"**/{name}"} & ignored or name == "*.pyc", f"{line} would be copied"
    kept = subprocess.run(["git", "-C", ROOT, "ls-files"], capture_output=True, text=True).stdout.split()
    assert not [path for path in kept if set(pathlib.PurePosixPath(path).parts[:-1]) & ignored], "sources stay"


def test_what_it_runs_is_there():
    first, *packing = RUNS
    assert first == "scripts/bootstrap && make build"
    assert os.access(ROOT / "scripts/bootstrap", os.X_OK)
    built = set(re.search(r"^PROGRAMS := (.*)", MAKEFILE, re.MULTILINE)[1].split())
    assert re.search(r"^build:.*\n.*--target \$\(PROGRAMS\)", MAKEFILE, re.MULTILINE)
    for run in packing:
        program, programs, name, _ = shlex.split(run)
        assert os.access(ROOT / program, os.X_OK)
        assert name.endswith(f":{VERSION}")
        assert {pathlib.Path(path).name for path in programs.split(",")} <= built, "by make build"


@pytest.mark.parametrize("image", IMAGES)
def test_it_packs_what_make_image_packs(image):
    asked = subprocess.run(["make", "--no-print-directory", "-n", "-o", "build", "image"], cwd=ROOT, capture_output=True, text=True)
    wanted = [shlex.split(line) for line in asked.stdout.replace("\\\n", " ").splitlines() if "deploy/image/build.py" in line]
    program, programs, name, folder = packed(image)
    assert [program, programs, name] in [one[:3] for one in wanted]
    assert [("COPY", f"--from=build {folder} /")] == [step for step in STAGES[image] if step[0] == "COPY"]


@pytest.mark.parametrize("image", IMAGES)
def test_its_image_runs(image, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root enters another root")
    program, programs, name, _ = packed(image)
    programs = [BUILT / "bin" / pathlib.Path(path).name for path in programs.split(",")]
    if missing := [path.name for path in programs if not path.exists()]:
        pytest.skip(f"{', '.join(missing)} not built (make build)")
    # As the step, but for where programs and image lie: the tree that is tested, and a folder of the test's own.
    subprocess.run([ROOT / program, ",".join(map(str, programs)), name, f"{tmp_path}/"], check=True)
    told = dict(STAGES[image])
    user, group = map(int, told["USER"].split(":"))
    (entry,) = re.findall(r'"([^"]+)"', told["ENTRYPOINT"])
    tmp_path.chmod(0o755)
    # What nobody in particular may read and run, with no other library than those of the image.
    run = subprocess.run([entry, "--version"], capture_output=True, text=True, preexec_fn=lambda: enter(tmp_path, user, group))
    assert (run.returncode, run.stderr) == (0, ""), run.stderr
    assert VERSION in run.stdout


def enter(root: pathlib.Path, user: int, group: int) -> None:
    os.chroot(root)
    os.chdir("/")
    os.setgroups([])
    os.setgid(group)
    os.setuid(user)
