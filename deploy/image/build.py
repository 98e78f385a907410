#!/usr/bin/env python3
"""Builds one OCI image from scratch, without a daemon: programs, the libraries they load, CA certificates,
time zones for the operator, two users.

    deploy/image/build.py PROGRAM[,PROGRAM…] NAME OUT.tar    for example build/release/bin/penstock-sidecar penstock-sidecar:0.1.0
    deploy/image/build.py PROGRAM[,PROGRAM…] NAME FOLDER/    only the image's files, below a folder

The first program is what the image runs.

The archive is an OCI image layout, for `ctr images import`, `skopeo copy oci-archive:` or `podman load`. The same inputs
give the same bytes, and so do two builds of one commit by the same Debian packages, wherever they are built.
/sbom.cdx.json in the image lists the Debian packages its files come from, and those whose headers are compiled into its
programs (CycloneDX 1.5).
"""

import gzip
import hashlib
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import urllib.parse

USER = 15801
ZONES = pathlib.Path("/usr/share/zoneinfo")
# The package of the CAs that the image trusts, and its folder of them.
AUTHORITIES = "ca-certificates"
AUTHORITIES_FOLDER = b"/usr/share/ca-certificates/mozilla/"
# Libraries that are nothing but headers: they are inside the programs, where ldd does not see them. Each image's programs
# are compiled with all of them. The image test asks for every dependency of cmake/dependencies.cmake.
HEADERS = ("libboost1.81-dev", "libcli11-dev", "nlohmann-json3-dev")


def libraries(program: pathlib.Path) -> list[pathlib.Path]:
    """What the loader maps for `program`, the loader included, by the paths it looks them up at; a static one has none."""
    listed = subprocess.run(["ldd", program], capture_output=True, text=True).stdout
    missing = re.findall(r"(\S+) => not found", listed)
    if missing:
        raise SystemExit(f"{program} needs {', '.join(missing)}, which is not installed")
    return [pathlib.Path(path) for path in re.findall(r"(/\S+) \(0x", listed)]


def architecture() -> str:
    """As Debian calls it; amd64 and arm64 are OCI's names too."""
    asked = subprocess.run(["dpkg", "--print-architecture"], check=True, capture_output=True, text=True)
    return asked.stdout.strip()


def packages(files: list[pathlib.Path]) -> set[str]:
    """The names of the Debian packages of `files`."""
    names = set()
    for file in files:
        # dpkg knows a file by the path it was installed at: /lib is a link to /usr/lib.
        candidates = {str(file), str(file.resolve()), str(file.resolve()).removeprefix("/usr")}
        for candidate in sorted(candidates):
            found = subprocess.run(["dpkg-query", "-S", candidate], capture_output=True, text=True)
            if found.returncode == 0:
                names.add(found.stdout.partition(": ")[0].split(",")[0])
                break
    return names


def components(names: set[str]) -> list[dict]:
    """Debian packages as CycloneDX has them."""
    listed = []
    for name in sorted(names):
        asked = ["dpkg-query", "-W", "-f", "${Package} ${Version} ${Architecture}", name]
        shown = subprocess.run(asked, capture_output=True, text=True)
        if shown.returncode != 0:
            raise SystemExit(f"{name} is not installed; scripts/bootstrap installs it")
        package, version, made_for = shown.stdout.split()
        purl = f"pkg:deb/debian/{package}@{urllib.parse.quote(version)}?arch={made_for}"
        listed.append({"type": "library", "name": package, "version": version, "purl": purl, "bom-ref": purl})
    return listed


def certificates() -> bytes:
    """Debian's CAs, in one file as /etc/ssl/certs has it. That one also holds those that an administrator of this machine added:
    they would make another image of each machine, and one that trusts somebody private."""
    asked = subprocess.run(["dpkg-query", "-L", AUTHORITIES], capture_output=True)
    # Names are bytes: some are not ASCII, and a locale would sort them its own way.
    found = sorted(path for path in asked.stdout.splitlines() if path.startswith(AUTHORITIES_FOLDER) and path.endswith(b".crt"))
    if not found:
        raise SystemExit(f"{AUTHORITIES} is not installed; scripts/bootstrap installs it")
    return b"".join(pathlib.Path(os.fsdecode(path)).read_bytes().rstrip(b"\n") + b"\n" for path in found)


def zones(programs: list[pathlib.Path]) -> list[pathlib.Path]:
    """The time zone database, for the program that reads it: what TZif files are called as in schedules."""
    if "penstock-operator" not in [program.name for program in programs]:
        return []
    found = []
    for path in sorted(ZONES.rglob("*")):
        of_another_kind = path.relative_to(ZONES).parts[0] in ("posix", "right", "localtime", "posixrules")
        if path.is_file() and not of_another_kind and path.read_bytes().startswith(b"TZif"):
            found.append(path)
    if not found:
        raise SystemExit(f"{ZONES} holds no time zones; scripts/bootstrap installs tzdata")
    return found


def stripped(program: pathlib.Path) -> bytes:
    """Without its symbols, which ThinLTO names after the sources' absolute paths, and the build id, which is made of them."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / program.name
        subprocess.run(["strip", "--strip-all", "--remove-section=.note.gnu.build-id", "-o", out, program], check=True)
        return out.read_bytes()


def contents(programs: list[pathlib.Path], version: str) -> dict[str, tuple[bytes, int]]:
    """path -> (bytes, mode)."""
    loaded = sorted({library for program in programs for library in libraries(program)})
    places = zones(programs)
    trusted = certificates()
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": programs[0].name, "version": version}},
        "components": components(packages([*loaded, *places[:1]]) | {AUTHORITIES, *HEADERS}),
    }
    files = {
        **{program.name: (stripped(program), 0o755) for program in programs},
        "etc/passwd": (f"root:x:0:0:::\npenstock:x:{USER}:{USER}:::\n".encode(), 0o644),
        "etc/group": (f"root:x:0:\npenstock:x:{USER}:\n".encode(), 0o644),
        "etc/ssl/certs/ca-certificates.crt": (trusted, 0o644),
        # Where OpenSSL looks by itself.
        "usr/lib/ssl/cert.pem": (trusted, 0o644),
        "etc/nsswitch.conf": (b"hosts: files dns\n", 0o644),
        "sbom.cdx.json": (json.dumps(bill, indent=1, sort_keys=True).encode() + b"\n", 0o644),
    }
    for library in loaded:
        files[str(library).lstrip("/")] = (library.resolve().read_bytes(), 0o755)
    for place in places:
        files[str(place).lstrip("/")] = (place.read_bytes(), 0o644)
    return files


def add(archive: tarfile.TarFile, name: str, data: bytes | None, mode: int) -> None:
    """A file, or a folder where `data` is None; nothing of the machine or the moment."""
    entry = tarfile.TarInfo(name)
    entry.mode = mode
    if data is None:
        entry.type = tarfile.DIRTYPE
        archive.addfile(entry)
    else:
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))


def layer_of(files: dict[str, tuple[bytes, int]]) -> bytes:
    folders = {"tmp": 0o1777, "run": 0o755}
    for path in files:
        parent = os.path.dirname(path)
        while parent:
            folders[parent] = 0o755
            parent = os.path.dirname(parent)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for folder in sorted(folders):
            add(archive, folder, None, folders[folder])
        for path in sorted(files):
            add(archive, path, *files[path])
    return buffer.getvalue()


def descriptor(media_type: str, blob: bytes) -> dict:
    return {"mediaType": media_type, "digest": f"sha256:{hashlib.sha256(blob).hexdigest()}", "size": len(blob)}


def image(programs: list[pathlib.Path], name: str) -> bytes:
    version = name.rpartition(":")[2]
    raw = layer_of(contents(programs, version))
    layer = gzip.compress(raw, 9, mtime=0)
    config = json.dumps(
        {
            "architecture": architecture(),
            "os": "linux",
            "config": {
                "User": f"{USER}:{USER}",
                "Entrypoint": [f"/{programs[0].name}"],
                "Labels": {"org.opencontainers.image.title": programs[0].name, "org.opencontainers.image.version": version},
            },
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(raw).hexdigest()}"]},
        },
        sort_keys=True,
    ).encode()
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": descriptor("application/vnd.oci.image.config.v1+json", config),
            "layers": [descriptor("application/vnd.oci.image.layer.v1.tar+gzip", layer)],
        },
        sort_keys=True,
    ).encode()
    named = descriptor("application/vnd.oci.image.manifest.v1+json", manifest) | {
        "annotations": {"io.containerd.image.name": name, "org.opencontainers.image.ref.name": version}
    }
    index = json.dumps({"schemaVersion": 2, "manifests": [named]}, sort_keys=True).encode()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        add(archive, "oci-layout", b'{"imageLayoutVersion":"1.0.0"}', 0o644)
        add(archive, "index.json", index, 0o644)
        for folder in ("blobs", "blobs/sha256"):
            add(archive, folder, None, 0o755)
        for blob in (config, layer, manifest):
            add(archive, f"blobs/sha256/{hashlib.sha256(blob).hexdigest()}", blob, 0o644)
    return buffer.getvalue()


def unpack(programs: list[pathlib.Path], name: str, out: pathlib.Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(layer_of(contents(programs, name.rpartition(":")[2])))) as archive:
        archive.extractall(out)


def main(arguments: list[str]) -> int:
    if len(arguments) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    programs = [pathlib.Path(part) for part in arguments[0].split(",")]
    name, out = arguments[1], pathlib.Path(arguments[2])
    if arguments[2].endswith("/"):
        unpack(programs, name, out)
        return 0
    archive = image(programs, name)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(archive)
    print(f"{name}: {out} ({len(archive) / 1e6:.1f} MB, sha256:{hashlib.sha256(archive).hexdigest()[:12]})")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
