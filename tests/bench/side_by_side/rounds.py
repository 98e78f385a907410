"""The interleaved rounds: every contender once a round, in shuffled order."""

import random
import statistics
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import load
from bodies import SIZES
from load import Sample
from peers import Peer, Stage, post, shuffled_body, upstream_requests, wait_until_ready
from rows import Row

Unit = Callable[[int], Sample]

EVENTS_PER_SECOND = 100


class Contest:
    """All contenders, running, and one callable for each thing that is measured."""

    def __init__(self, stage: Stage, files: dict[tuple[str, str], Path], seconds: int) -> None:
        self._stage = stage
        self._files = files
        self._seconds = seconds
        self.upstream = stage.upstream()
        self._events = stage.event_upstream(EVENTS_PER_SECOND)
        self._haproxy = stage.haproxy(self.upstream, self._events)
        self._nginx = stage.nginx(self.upstream, self._events)
        self._return = stage.nginx_return()
        self.units: dict[str, Unit] = {}
        self.unmeasured: dict[str, str] = {}  # unit -> why
        self._peer_units()
        self.open_loop_rate = 0.0

    def _closed(self, peer: Peer, kind: str, size: str) -> Unit:
        body = self._files[kind, size]
        return lambda seed: load.closed_loop(peer, kind, body, self._seconds, seed)

    def _peer_units(self) -> None:
        for size in SIZES:
            self.units[f"haproxy pass {size}"] = self._closed(self._haproxy, "fixed", size)
            self.units[f"nginx pass {size}"] = self._closed(self._nginx, "fixed", size)
            self.units[f"haproxy unique {size}"] = self._closed(self._haproxy, "unique", size)
            self.units[f"nginx return {size}"] = self._closed(self._return, "fixed", size)
        self.units["nginx return shuffled"] = self._closed(self._return, "shuffled", "20 KB")
        # The same thing twice in a round: how far two equal figures lie apart on this machine today.
        self.units["haproxy again 1.2 KB"] = self._closed(self._haproxy, "fixed", "1.2 KB")
        self.units["nginx open loop"] = self._open(self._nginx)
        self.units["haproxy open loop"] = self._open(self._haproxy)
        self.units["nginx relay"] = self._relay(self._nginx)

    def add_sidecar(self) -> None:
        target = ["--upstream", f"http://127.0.0.1:{self.upstream.port}"]
        plain = self._stage.sidecar("penstock", target)
        caching = self._stage.sidecar("penstock-cache", [*target, "--cache", "256Mi"])
        events = self._stage.sidecar("penstock-events", ["--upstream", f"http://127.0.0.1:{self._events.port}"])
        for peer in (plain, caching, events):
            wait_until_ready(peer)
        for size in SIZES:
            self.units[f"penstock pass {size}"] = self._counted(self._closed(plain, "fixed", size), 1)
            self.units[f"penstock miss {size}"] = self._counted(self._closed(caching, "unique", size), 1)
            raw = self._primed(caching, size, self._closed(caching, "fixed", size))
            self.units[f"penstock raw hit {size}"] = self._counted(raw, 0)
        canonical = self._primed(caching, "20 KB", self._closed(caching, "shuffled", "20 KB"))
        self.units["penstock canonical hit"] = self._counted(canonical, 0)
        self.units["penstock open loop"] = self._open(plain)
        self.units["penstock relay"] = self._relay(events)
        try:
            self._check_hits(caching)
        except RuntimeError as failure:
            for name in [name for name in self.units if name.startswith("penstock") and "hit" in name]:
                del self.units[name]
                self.unmeasured[name] = str(failure)

    def _open(self, peer: Peer) -> Unit:
        body = self._files["fixed", "1.2 KB"]
        seconds = max(1, round(self._seconds * 1.5))
        return lambda seed: load.open_loop(self._stage, peer, body, self.open_loop_rate, seconds)

    def _relay(self, peer: Peer) -> Unit:
        body = self._stage.folder / "stream-request.json"
        return lambda seed: load.relay(self._stage, peer, body, self._seconds)

    def _primed(self, peer: Peer, size: str, unit: Unit) -> Unit:
        def run(seed: int) -> Sample:
            for _ in range(2):
                post(peer.port, self._files["fixed", size].read_bytes())
            return unit(seed)

        return run

    def _counted(self, unit: Unit, upstream_share: int) -> Unit:
        """Checks by the upstream's own count that hits did not reach it and misses did."""

        def run(seed: int) -> Sample:
            before = upstream_requests(self.upstream)
            sample = unit(seed)
            reached = upstream_requests(self.upstream) - before
            served = sample.rate * self._seconds
            wrong = reached < 0.95 * served if upstream_share == 1 else reached > 0.01 * served + 5
            if wrong:
                sample.errors += 1
                print(f"  !! {reached} of about {served:.0f} requests reached the upstream", file=sys.stderr)
            return sample

        return run

    def _check_hits(self, peer: Peer) -> None:
        """One request each by hand: the hit rows must measure hits."""
        for size in SIZES:
            body = self._files["fixed", size].read_bytes()
            post(peer.port, body)
            state = post(peer.port, body)[1].get("cache-status", "")
            if "hit" not in state:
                raise RuntimeError(f"the second equal request was no hit: cache-status: {state!r}")
        state = post(peer.port, shuffled_body(self._files["shuffled", "20 KB"], 3))[1].get("cache-status", "")
        if "hit" not in state:
            raise RuntimeError(f"another key order was no hit: cache-status: {state!r}")

    def calibrate(self) -> None:
        """Finds haproxy's maximum, and warms every contender on the way."""
        rates = [self.units["haproxy pass 1.2 KB"](0).rate for _ in range(3)]
        self.open_loop_rate = 0.6 * statistics.median(rates)


def run_rounds(contest: Contest, rows: list[Row], rounds: int, seed: int) -> list[dict]:
    """Fills the rows; returns every sample for the record."""
    for row in rows:
        if row.product in contest.unmeasured:
            row.notes.append(contest.unmeasured[row.product])
    order = random.Random(seed)
    record = []
    control = []
    for number in range(rounds):
        names = list(contest.units)
        order.shuffle(names)
        samples: dict[str, Sample] = {}
        for name in names:
            samples[name] = contest.units[name](number + 1)
            sample = samples[name]
            print(
                f"  round {number + 1}: {name:26} {sample.cpu_us:8.2f} µs CPU  {sample.rate:9.0f}/s"
                f"{'  errors: ' + str(sample.errors) if sample.errors else ''}"
                f"{'  (core was busy)' if sample.disturbed else ''}",
                file=sys.stderr,
                flush=True,
            )
            record.append({"round": number + 1, "unit": name, **asdict(sample)})
        for row in rows:
            if row.product in samples:
                row.add_round(samples)
                for unit in (row.product, *row.peers):
                    if samples[unit].errors:
                        row.notes.append(f"round {number + 1}: {unit}: {samples[unit].errors} errors")
        control.append(samples["haproxy again 1.2 KB"].cpu_us / samples["haproxy pass 1.2 KB"].cpu_us)
    control_row = Row("control", "control: haproxy against itself", float("inf"), None, "×", figures=control)
    rows.append(control_row)
    return record
