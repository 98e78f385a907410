"""The one place that waits: it asks again until the answer is yes."""

import subprocess
import time

READY_SECONDS = 60


def wait_until(condition, what: str, seconds: float = READY_SECONDS, every: float = 0.05):
    """Asks until `condition()` is true and returns its value; the last exception tells why it never was."""
    deadline = time.monotonic() + seconds
    reason = None
    while time.monotonic() < deadline:
        try:
            value = condition()
            if value:
                return value
        except (OSError, AssertionError, subprocess.CalledProcessError, KeyError) as error:
            reason = error
        time.sleep(every)
    raise TimeoutError(f"{what}: not within {seconds} s ({reason})")
