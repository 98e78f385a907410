"""Throw-away certificates and kubeconfigs of a test cluster, made by openssl."""

import base64
import pathlib
import subprocess

SERVICE_NAMES = ("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc")


class Pki:
    """Two authorities and the certificates that a control plane needs, as files in `folder`."""

    def __init__(self, folder: pathlib.Path, addresses: list[str]):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._authority("ca")
        self._authority("front-proxy-ca")
        hosts = [f"DNS:{name}" for name in SERVICE_NAMES] + [f"IP:{address}" for address in ["10.96.0.1", *addresses]]
        self._leaf("apiserver", "ca", "/CN=kube-apiserver", "serverAuth", hosts)
        self._leaf("front-proxy", "front-proxy-ca", "/CN=front-proxy-client", "clientAuth")
        self._leaf("admin", "ca", "/O=system:masters/CN=admin", "clientAuth")
        self._leaf("controller-manager", "ca", "/CN=system:kube-controller-manager", "clientAuth")
        self._leaf("scheduler", "ca", "/CN=system:kube-scheduler", "clientAuth")
        self._leaf("kubelet-client", "ca", "/O=system:masters/CN=apiserver-kubelet-client", "clientAuth")
        self._openssl("genrsa", "-out", "sa.key", "2048")
        self._openssl("rsa", "-in", "sa.key", "-pubout", "-out", "sa.pub")

    def node(self, name: str, address: str) -> None:
        """The certificate of a node, for both of its sides."""
        subject = f"/O=system:nodes/CN=system:node:{name}"
        self._leaf("node", "ca", subject, "clientAuth,serverAuth", [f"DNS:{name}", "IP:127.0.0.1", f"IP:{address}"])

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def kubeconfig(self, user: str, server: str, namespace: str = "default") -> pathlib.Path:
        """A kubeconfig of one of the certificates here, which holds everything itself."""
        certificate, key = self._inline(f"{user}.crt"), self._inline(f"{user}.key")
        credentials = f"client-certificate-data: {certificate}, client-key-data: {key}"
        return self._kubeconfig(f"{user}-{namespace}", server, credentials, namespace)

    def token_kubeconfig(self, user: str, server: str, token: str, namespace: str) -> pathlib.Path:
        """A kubeconfig of a service account."""
        return self._kubeconfig(f"{user}-token", server, f"token: {token}", namespace)

    def _kubeconfig(self, name: str, server: str, credentials: str, namespace: str) -> pathlib.Path:
        authority = self._inline("ca.crt")
        file = self.folder / f"{name}.kubeconfig"
        file.write_text(
            "apiVersion: v1\n"
            "kind: Config\n"
            f"clusters: [{{name: e2e, cluster: {{server: {server}, certificate-authority-data: {authority}}}}}]\n"
            f"users: [{{name: user, user: {{{credentials}}}}}]\n"
            f"contexts: [{{name: e2e, context: {{cluster: e2e, user: user, namespace: {namespace}}}}}]\n"
            "current-context: e2e\n"
        )
        return file

    def _inline(self, name: str) -> str:
        return base64.b64encode((self.folder / name).read_bytes()).decode()

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    def _authority(self, name: str) -> None:
        self._openssl(
            *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"),
            *("-keyout", f"{name}.key", "-out", f"{name}.crt", "-subj", f"/CN={name}"),
            *("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign"),
        )

    def _leaf(self, name: str, issuer: str, subject: str, usage: str, hosts: list[str] | None = None) -> None:
        extensions = f"keyUsage=critical,digitalSignature\nextendedKeyUsage={usage}\n"
        if hosts:
            extensions += f"subjectAltName={','.join(hosts)}\n"
        (self.folder / f"{name}.ext").write_text(extensions)
        self._openssl(
            *("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", subject),
        )
        self._openssl(
            *("x509", "-req", "-in", f"{name}.csr", "-CA", f"{issuer}.crt", "-CAkey", f"{issuer}.key"),
            *("-CAcreateserial", "-days", "30", "-extfile", f"{name}.ext", "-out", f"{name}.crt"),
        )
