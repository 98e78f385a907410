"""Certificates made for a test, and who trusts them."""

import os
import ssl
import subprocess


class Authority:
    """A CA, and what it signs."""

    def __init__(self, folder, name: str):
        folder.mkdir()
        self.issued = 0
        self.folder, self.certificate, self.key = folder, folder / "ca.crt", folder / "ca.key"
        self._run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                  "-subj", f"/CN={name}", "-keyout", self.key, "-out", self.certificate)

    def issue(self, name: str, host: str = "localhost", days: int = 1, subject: str | None = None):
        """Under a name of its own in the folder; `subject` as openssl takes it, by default that name."""
        self.issued += 1
        key, request, certificate = (self.folder / f"{name}-{self.issued}.{end}" for end in ("key", "csr", "crt"))
        self._run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", subject or f"/CN={name}",
                  "-addext", f"subjectAltName=DNS:{host}", "-keyout", key, "-out", request)
        dates = ["-days", str(days)] if days > 0 else ["-not_before", "20200101000000Z", "-not_after", "20200102000000Z"]
        if days > 0:
            self._run("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-copy_extensions",
                      "copy", *dates, "-out", certificate)
        else:
            database = self.folder / "db"
            database.mkdir(exist_ok=True)
            (database / "index.txt").write_text("")
            config = database / "ca.cnf"
            config.write_text(
                f"[ca]\ndefault_ca=d\n[d]\nnew_certs_dir={database}\ndatabase={database}/index.txt\nrand_serial=yes\n"
                "default_md=sha256\npolicy=p\ncopy_extensions=copy\n[p]\ncommonName=supplied\n"
            )
            self._run("ca", "-batch", "-config", config, "-cert", self.certificate, "-keyfile", self.key, "-in", request,
                      "-startdate", "20200101000000Z", "-enddate", "20200102000000Z", "-out", certificate)
        return certificate, key

    @staticmethod
    def _run(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def secret(folder, name: str, **content):
    for key, path in content.items():
        place = folder / "secrets" / name
        place.mkdir(parents=True, exist_ok=True)
        aside = place / "aside"
        aside.write_bytes(path if isinstance(path, bytes) else path.read_bytes())
        os.replace(aside, place / key.replace("_", "."))
    return ("--secrets-dir", str(folder / "secrets"))


def trusting(authority, certificate=None, key=None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(authority.certificate))
    if certificate:
        context.load_cert_chain(certificate, key)
    return context
