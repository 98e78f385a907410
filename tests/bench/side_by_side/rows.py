"""The rows of the table: what is measured, against what, and which figure is good enough."""

import math
import statistics
from dataclasses import dataclass, field

from load import Sample


@dataclass
class Row:
    """Ratios of two contenders in the same round, or an absolute figure (`peers` empty).

    Of several peers the better one is judged by the whole run: it is the one that the product looks worst beside. The best
    of each round would be the luckier of two draws, which no third draw of the same kind equals.
    """

    key: str
    what: str
    must: float
    aim: float | None
    unit: str = "×"  # "× haproxy", "KB", "ms", …
    product: str = ""
    peers: tuple[str, ...] = ()
    metric: str = "cpu_us"
    figures: list[float] = field(default_factory=list)  # beside the better peer
    ratios: dict[str, list[float]] = field(default_factory=dict)  # by peer
    notes: list[str] = field(default_factory=list)

    def add_round(self, samples: dict[str, Sample]) -> None:
        """The product over each peer of this round."""
        mine = getattr(samples[self.product], self.metric)
        for peer in self.peers:
            self.ratios.setdefault(peer, []).append(mine / getattr(samples[peer], self.metric))
        self.figures = max(self.ratios.values(), key=statistics.median)

    @property
    def median(self) -> float:
        return statistics.median(self.figures)

    @property
    def quartiles(self) -> tuple[float, float]:
        if len(self.figures) < 2:
            return self.median, self.median
        low, _, high = statistics.quantiles(self.figures, n=4, method="inclusive")
        return low, high

    @property
    def verdict(self) -> str:
        """`aim`, `pass`, `FAIL` (too much, or a run with errors), or nothing for a figure without a bound."""
        if self.notes:
            return "FAIL"
        if not self.figures:
            return "not measured"
        if math.isinf(self.must) and (self.aim is None or self.median > self.aim):
            return ""
        if self.aim is not None and self.median <= self.aim:
            return "aim"
        return "pass" if self.median <= self.must else "FAIL"

    def cells(self) -> list[str]:
        must = "–" if math.isinf(self.must) else f"≤ {self.must:g}"
        aim = "–" if self.aim is None else f"≤ {self.aim:g}"
        measured = "–"
        if self.figures:
            low, high = self.quartiles
            measured = f"{self.median:.2f} ({low:.2f} – {high:.2f})" if len(self.figures) > 1 else f"{self.median:.2f}"
        return [self.what, f"{measured} {self.unit}", must, aim, self.verdict]

    def as_json(self) -> dict:
        return {
            "key": self.key,
            "what": self.what,
            "unit": self.unit,
            "median": self.median if self.figures else None,
            "quartiles": self.quartiles if self.figures else None,
            "figures": self.figures,
            "must": None if math.isinf(self.must) else self.must,
            "aim": self.aim,
            "verdict": self.verdict,
            "notes": self.notes,
        }


def ratio_rows() -> list[Row]:
    rows = []
    for size in ("1.2 KB", "20 KB"):
        rows.append(
            Row(
                f"pass {size}",
                f"pass-through, {size}, CPU per request",
                1.00,
                0.85,
                "× haproxy",
                f"penstock pass {size}",
                (f"haproxy pass {size}",),
            )
        )
    for size, must, aim in (("1.2 KB", 1.25, 1.1), ("20 KB", 2.2, 1.7)):
        rows.append(
            Row(
                f"miss {size}",
                f"cacheable miss, unique bodies, {size}, CPU per request",
                must,
                aim,
                "× haproxy",
                f"penstock miss {size}",
                (f"haproxy unique {size}",),
            )
        )
    for size in ("1.2 KB", "20 KB"):
        rows.append(
            Row(
                f"raw hit {size}",
                f"raw hit, {size}, CPU per request",
                1.0,
                0.85,
                "× nginx `return`",
                f"penstock raw hit {size}",
                (f"nginx return {size}",),
            )
        )
    rows.append(
        Row(
            "canonical hit",
            "canonical hit, 20 KB, a fresh key order each request, CPU per request",
            3.5,
            3.0,
            "× nginx `return`",
            "penstock canonical hit",
            ("nginx return shuffled",),
        )
    )
    rows.append(
        Row(
            "p99",
            "p99 at a fixed open-loop rate, 60 % of haproxy's maximum",
            1.15,
            1.0,
            "× the better of nginx and haproxy",
            "penstock open loop",
            ("nginx open loop", "haproxy open loop"),
            metric="p99_us",
        )
    )
    rows.append(
        Row(
            "relay",
            "SSE relay with usage stripped, CPU per event",
            1.3,
            1.0,
            "× nginx",
            "penstock relay",
            ("nginx relay",),
        )
    )
    return rows


def absolute_rows() -> dict[str, Row]:
    rows = [
        Row("idle stream", "idle SSE stream, resident memory", 4, 3, "KB"),
        Row("streams lost", "10,000 streams at once, lost", 0, None, ""),
        Row("streams memory", "10,000 streams at once, resident memory in all", 60, None, "MB"),
        Row("streams memory summed", "the same, the program's pages counted in each process", float("inf"), None, "MB"),
        Row("12000 lost", "12,000 streams at once, lost (aim only)", float("inf"), 0, ""),
        Row("idle TLS", "idle TLS connection, resident memory", 20, 16, "KB"),
        Row("start", "start to ready", 100, 50, "ms"),
        Row("idle memory", "resident memory, idle", 20, None, "MB"),
        Row("binary", "binary, stripped", 8, None, "MB"),
    ]
    return {row.key: row for row in rows}


def table(rows: list[Row]) -> str:
    lines = ["| what | measured: median (quartiles) | must | aim | |", "|---|---|---|---|---|"]
    lines += ["| " + " | ".join(row.cells()) + " |" for row in rows]
    return "\n".join(lines)
