"""A ConfigMap as a kubelet mounts it: `..data` names the folder of the newest version, and each key is a link into it."""

import itertools
import os
import pathlib
import shutil


class MountedConfigMap:
    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.versions = itertools.count(1)
        self.current: pathlib.Path | None = None
        folder.mkdir(parents=True)
        self.write({})

    def write(self, files: dict[str, str | bytes]) -> None:
        """In the order that was seen of a real kubelet: new folder, swap of `..data`, then links, then the old folder."""
        fresh = self.folder / f"..v{next(self.versions)}"
        fresh.mkdir()
        for name, content in files.items():
            (fresh / name).write_bytes(content.encode() if isinstance(content, str) else content)
        (self.folder / "..data_tmp").symlink_to(fresh.name)
        os.rename(self.folder / "..data_tmp", self.folder / "..data")
        for name in files:
            if not (self.folder / name).is_symlink():
                (self.folder / name).symlink_to(f"..data/{name}")
        for link in self.folder.iterdir():
            if link.is_symlink() and not link.exists():
                link.unlink()
        if self.current is not None:
            shutil.rmtree(self.current)
        self.current = fresh
