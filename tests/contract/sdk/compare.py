"""What two answers to the same request have in common: everything but what a server makes up anew for each call."""

import json
import re

_IDS = re.compile(
    r"\b(chatcmpl-|cmpl-|call_|resp_|msg_|rs_|fc_|toolu_|req_|modr-)[0-9a-f]{16}(\d*)"
)
_TIMES = re.compile(r'"(created|created_at|completed_at)": \d+(\.\d+)?')


def dump(value):
    """An SDK's object as plain JSON, unknown fields included, fields the server did not send left out."""
    if isinstance(value, (list, tuple)):
        return [dump(item) for item in value]
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", exclude_unset=True, warnings=False)
    if isinstance(value, bytes):
        return value.hex()
    return value


def unpaid(answer):
    """A batch of embeddings as the cache answers it: it reports the usage paid, and nothing was."""
    return {**answer, "usage": {"prompt_tokens": 0, "total_tokens": 0}}


def comparable(value):
    text = json.dumps(dump(value), sort_keys=True, default=str)
    text = _IDS.sub(lambda match: match[1] + "ID" + match[2], text)
    return json.loads(_TIMES.sub(lambda match: f'"{match[1]}": 0', text))
