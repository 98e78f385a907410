"""The images that `make image` makes: the same every time, small, for nobody's root, and with a bill of what is inside."""

import gzip
import hashlib
import io
import json
import os
import pathlib
import re
import subprocess
import tarfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("PENSTOCK_BUILD", ROOT / "build" / "release")) / "bin"
IMAGES = {
    "penstock-operator": ["penstock-operator"],
    "penstock-sidecar": ["penstock-sidecar", "penstock-redirect"],
}
MEGABYTE = 1_000_000
# ELF's number of the machine that a program is for, by OCI's name of it.
MACHINES = {"amd64": 62, "arm64": 183}
# What cmake/dependencies.cmake finds, by the package that an image has it from: a library, or headers that are compiled in.
SHIPPED = {
    "Threads": "libc6",
    "OpenSSL": "libssl3",
    "Boost": "libboost1.81-dev",
    "ZLIB": "zlib1g",
    "nlohmann_json": "nlohmann-json3-dev",
    "CLI11": "libcli11-dev",
    "simdjson": "libsimdjson14",
    "cpp-httplib": "libcpp-httplib0.11",
    "yaml-cpp": "libyaml-cpp0.7",
    "libxxhash": "libxxhash0",
    "libnftables": "libnftables1",
    "libbrotlidec": "libbrotli1",
    "prometheus-cpp": "libprometheus-cpp-core1.0",
    "jemalloc": "libjemalloc2",
}
# Of these, what one image has and the other has not.
ONLY_IN = {"cpp-httplib": "penstock-operator", "libnftables": "penstock-sidecar"}
# A tool of the build, and what only tests and benchmarks are linked with.
NOT_SHIPPED = {"PkgConfig", "GTest", "benchmark", "libbrotlienc"}


class Image:
    """An OCI image layout in an archive."""

    def __init__(self, archive: bytes):
        self.archive = archive
        with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
            self.parts = {entry.name: opened.extractfile(entry).read() for entry in opened if entry.isfile()}
        self.described = json.loads(self.parts["index.json"])["manifests"][0]
        self.manifest = json.loads(self.blob(self.described))
        self.config = json.loads(self.blob(self.manifest["config"]))
        self.layers = [gzip.decompress(self.blob(layer)) for layer in self.manifest["layers"]]

    def blob(self, descriptor: dict) -> bytes:
        algorithm, _, digest = descriptor["digest"].partition(":")
        data = self.parts[f"blobs/{algorithm}/{digest}"]
        assert hashlib.new(algorithm, data).hexdigest() == digest and len(data) == descriptor["size"]
        return data

    def files(self) -> dict[str, tarfile.TarInfo]:
        with tarfile.open(fileobj=io.BytesIO(self.layers[0])) as layer:
            return {entry.name: entry for entry in layer}

    def file(self, name: str) -> bytes:
        with tarfile.open(fileobj=io.BytesIO(self.layers[0])) as layer:
            return layer.extractfile(name).read()


def build(name: str, out: pathlib.Path, bin_folder: pathlib.Path = BIN, **surroundings: str) -> Image:
    programs = ",".join(str(bin_folder / program) for program in IMAGES[name])
    environment = {**os.environ, **surroundings}
    subprocess.run([ROOT / "deploy/image/build.py", programs, f"{name}:1.2.3", out], check=True, env=environment)
    return Image(out.read_bytes())


@pytest.fixture(scope="module", params=IMAGES)
def name(request) -> str:
    missing = [program for program in IMAGES[request.param] if not (BIN / program).exists()]
    if missing:
        pytest.skip(f"{', '.join(missing)} not built (make build)")
    return request.param


@pytest.fixture(scope="module")
def image(name, tmp_path_factory) -> Image:
    return build(name, tmp_path_factory.mktemp("first") / "image.tar")


def test_the_same_programs_give_the_same_image(name, image, tmp_path):
    again = build(name, tmp_path / "image.tar", TZ="Pacific/Apia", PYTHONHASHSEED="7", LC_ALL="C")
    assert again.described["digest"] == image.described["digest"]
    assert again.archive == image.archive


def test_nothing_of_the_machine_is_inside(image):
    for entry in image.files().values():
        assert (entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname) == (0, 0, 0, "", ""), entry.name
    assert "created" not in image.config


def test_programs_that_differ_by_where_they_were_built_give_the_same_image(name, image, tmp_path):
    """Another checkout's have other symbols and another build id, and nothing else that is other: so it was found."""
    build_id = tmp_path / "build-id"
    for program in IMAGES[name]:
        subprocess.run(["objcopy", f"--dump-section=.note.gnu.build-id={build_id}", BIN / program, tmp_path / program], check=True)
        build_id.write_bytes(build_id.read_bytes()[:-20] + bytes(20))
        other = ("--add-symbol=local.llvm.1=0", f"--update-section=.note.gnu.build-id={build_id}")
        subprocess.run(["objcopy", *other, BIN / program, tmp_path / program], check=True)
        assert (tmp_path / program).read_bytes() != (BIN / program).read_bytes()
    assert build(name, tmp_path / "image.tar", tmp_path).archive == image.archive


def test_nothing_of_the_tree_is_in_its_programs(name, image):
    """Else another checkout of the same commit, or another day, would give another image."""
    for program in IMAGES[name]:
        content = image.file(program)
        assert str(ROOT).encode() not in content and str(BIN.parent).encode() not in content


def test_it_runs_its_program_as_nobody_in_particular(name, image):
    user, _, group = image.config["config"]["User"].partition(":")
    assert int(user) > 0 and int(group) > 0, "by number, so that runAsNonRoot can be checked"
    assert any(line.split(":")[2:4] == [user, group] for line in image.file("etc/passwd").decode().splitlines())
    assert image.config["config"]["Entrypoint"] == [f"/{name}"]
    digests = [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in image.layers]
    assert image.config["rootfs"]["diff_ids"] == digests
    for program in IMAGES[name]:
        assert image.files()[program].mode == 0o755
    assert not any(entry.mode & 0o6000 for entry in image.files().values()), "nobody becomes somebody else"


def test_it_says_which_machine_its_programs_are_for(name, image):
    for program in IMAGES[name]:
        assert int.from_bytes(image.file(program)[18:20], "little") == MACHINES[image.config["architecture"]], program


def pem(bundle: bytes) -> list[bytes]:
    """The certificates of a bundle, each with a beginning and an end on lines of their own."""
    return re.findall(rb"^-----BEGIN CERTIFICATE-----$.+?^-----END CERTIFICATE-----$", bundle, re.DOTALL | re.MULTILINE)


def test_it_trusts_whom_debian_trusts(image):
    """And nobody whom an administrator of the build machine added."""
    files = subprocess.run(["dpkg-query", "-L", "ca-certificates"], check=True, capture_output=True).stdout.splitlines()
    # The package's documentation has one too, as an example.
    authorities = [path for path in files if path.startswith(b"/usr/share/ca-certificates/") and path.endswith(b".crt")]
    packaged = [one for path in authorities for one in pem(pathlib.Path(os.fsdecode(path)).read_bytes())]
    assert packaged
    for path in ("etc/ssl/certs/ca-certificates.crt", "usr/lib/ssl/cert.pem"):
        trusted = pem(image.file(path))
        assert set(trusted) <= set(packaged), "the package's own"
        assert len(trusted) == len(packaged) == image.file(path).count(b"-BEGIN "), "all of them"


def test_there_is_no_shell(image):
    names = {pathlib.PurePosixPath(path).name for path in image.files()}
    assert not names & {"sh", "bash", "dash", "busybox", "apt", "dpkg"}


def test_a_bill_of_materials_names_what_is_inside(name, image):
    bill = json.loads(image.file("sbom.cdx.json"))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    assert bill["metadata"]["component"] == {"type": "application", "name": name, "version": "1.2.3"}
    listed = {component["name"]: component for component in bill["components"]}
    assert {"libc6", "ca-certificates"} <= set(listed)
    for component in listed.values():
        assert component["version"] and component["purl"].startswith(f"pkg:deb/debian/{component['name']}@")
    # Every library belongs to a package that is listed.
    libraries = [path for path in image.files() if ".so" in path]
    assert libraries
    for path in libraries:
        candidates = [f"/{path}", str(pathlib.Path(f"/{path}").resolve())]
        owners = [subprocess.run(["dpkg-query", "-S", each], capture_output=True, text=True).stdout for each in candidates]
        found = {owner.partition(":")[0] for owner in owners if owner}
        assert found & set(listed), path


def dependencies() -> set[str]:
    """What CMake looks for, by its own names or pkg-config's."""
    told = (ROOT / "cmake/dependencies.cmake").read_text()
    found = set(re.findall(r"^\s*find_package\(([^\s)]+)", told, re.MULTILINE))
    for arguments in re.findall(r"^\s*pkg_check_modules\(\S+ ([^)]+)\)", told, re.MULTILINE):
        found |= set(arguments.split()) - {"REQUIRED", "IMPORTED_TARGET"}
    return found


def test_every_dependency_is_known_to_be_shipped_or_not():
    assert dependencies() == set(SHIPPED) | NOT_SHIPPED


def test_the_bill_has_every_dependency_that_is_shipped(name, image):
    """Those of headers too, which no loader sees."""
    listed = {component["name"] for component in json.loads(image.file("sbom.cdx.json"))["components"]}
    wanted = {package for found, package in SHIPPED.items() if ONLY_IN.get(found, name) == name}
    assert wanted <= listed, wanted - listed


def test_the_operator_knows_time_zones(name, image):
    zones = [path for path in image.files() if path.startswith("usr/share/zoneinfo/") and image.files()[path].isfile()]
    listed = {component["name"] for component in json.loads(image.file("sbom.cdx.json"))["components"]}
    if name != "penstock-operator":
        assert not zones and "tzdata" not in listed
        return
    assert {"usr/share/zoneinfo/Europe/Berlin", "usr/share/zoneinfo/Etc/UTC"} <= set(zones)
    assert all(image.file(path).startswith(b"TZif") for path in zones)
    assert "tzdata" in listed


def test_it_is_small(name, image, record_property):
    megabytes = len(image.archive) / MEGABYTE
    record_property(f"image_{name.removeprefix('penstock-')}_mb", round(megabytes, 1))
    assert megabytes <= 40
