"""The one place that waits: it asks again until the answer is yes."""

import time

READY_SECONDS = 60


def wait_until(condition, what: str, seconds: float = READY_SECONDS, every: float = 0.05):
    """Asks until `condition()` is true and returns its value; the last exception tells why it never was.

    Whatever it raises is a no: what is not there yet is a list that is empty, an object that is None, a server that is away.
    """
    deadline = time.monotonic() + seconds
    reason = None
    while time.monotonic() < deadline:
        try:
            value = condition()
            if value:
                return value
        except Exception as error:
            reason = error
        time.sleep(every)
    raise TimeoutError(f"{what}: not within {seconds} s ({reason!r})") from reason
