"""The API server as a test sees it: plain requests with the administrator's certificate."""

import http.client
import json
import ssl

from pki import Pki

MERGE = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml"


class Api:
    def __init__(self, host: str, port: int, pki: Pki):
        self.host = host
        self.port = port
        self.context = ssl.create_default_context(cafile=pki.path("ca.crt"))
        self.context.load_cert_chain(pki.path("admin.crt"), pki.path("admin.key"))
        self.connection: http.client.HTTPSConnection | None = None

    def call(self, method: str, path: str, body=None, content_type: str = "application/json") -> tuple[int, dict | str]:
        """(status, parsed body). One connection is kept; a closed one is opened anew once."""
        payload = None if body is None else json.dumps(body)
        for last in (False, True):
            if self.connection is None:
                self.connection = http.client.HTTPSConnection(self.host, self.port, context=self.context, timeout=60)
            try:
                self.connection.request(method, path, payload, {"content-type": content_type})
                response = self.connection.getresponse()
                text = response.read().decode()
                break
            except (http.client.HTTPException, OSError):
                self.connection.close()
                self.connection = None
                if last:
                    raise
        is_json = response.headers.get("content-type", "").startswith("application/json")
        return response.status, json.loads(text) if is_json else text

    def ready(self) -> bool:
        return self.call("GET", "/readyz") == (200, "ok")

    def get(self, path: str) -> dict | None:
        """The object, or None where there is none."""
        status, body = self.call("GET", path)
        if status == 404:
            return None
        assert status == 200, body
        return body

    def create(self, path: str, body: dict) -> dict:
        status, answer = self.call("POST", path, body)
        assert status in (200, 201, 202), answer
        return answer

    def merge(self, path: str, patch: dict) -> dict:
        status, answer = self.call("PATCH", path, patch, MERGE)
        assert status == 200, answer
        return answer

    def delete(self, path: str) -> None:
        status, answer = self.call("DELETE", path)
        assert status in (200, 202, 404), answer
