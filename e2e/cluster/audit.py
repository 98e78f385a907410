"""Everything that one account asks of an API server, by the server's own audit log."""

import collections
import json
import pathlib

POLICY = """apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- {{level: Metadata, users: ["{account}"]}}
- {{level: None}}
"""


class Audit:
    def __init__(self, folder: pathlib.Path, account: str):
        folder.mkdir(parents=True, exist_ok=True)
        self.policy = folder / "audit-policy.yaml"
        self.policy.write_text(POLICY.format(account=account))
        self.log = folder / "audit.log"

    @property
    def flags(self) -> list[str]:
        """Written before a request's answer is: who has the answer finds the line."""
        return ["--audit-policy-file", str(self.policy), "--audit-log-path", str(self.log), "--audit-log-mode=blocking-strict"]

    def requests(self) -> collections.Counter:
        """How many there were of each "verb resource/subresource"; a path where it is no resource's."""
        asked: collections.Counter = collections.Counter()
        # The last line may be on its way.
        for line in (self.log.read_text() if self.log.exists() else "").rpartition("\n")[0].splitlines():
            event = json.loads(line)
            of = event.get("objectRef", {})
            parts = [of[part] for part in ("resource", "subresource") if part in of]
            asked[f"{event['verb']} {'/'.join(parts) or event['requestURI']}"] += 1
        return asked
