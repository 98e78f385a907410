"""A collection as it changes, for tests that look at so many objects that listing them again and again would be a load."""

import http.client
import json
from collections.abc import Iterator

from api import Api


def follow(api: Api, path: str, seconds: int) -> Iterator[dict]:
    """Every object that there is, then each that is made or changed; ends by an error once it has taken so long."""
    listed = api.get(path)
    yield from listed["items"]
    version = listed["metadata"]["resourceVersion"]
    connection = http.client.HTTPSConnection(api.host, api.port, context=api.context, timeout=seconds)
    try:
        connection.request("GET", f"{path}?watch=1&timeoutSeconds={seconds}&resourceVersion={version}")
        for line in connection.getresponse():
            event = json.loads(line)
            assert event["type"] in ("ADDED", "MODIFIED", "DELETED"), event
            if event["type"] != "DELETED":
                yield event["object"]
    finally:
        connection.close()
    raise TimeoutError(f"{path}: not within {seconds} s")
