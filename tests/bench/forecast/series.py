#!/usr/bin/env python3
"""Writes the series that forecasts are scored on, one a line, from public data.

    tests/bench/forecast/series.py DATA_DIR OUT_FILE

DATA_DIR holds servegen/ (Alibaba's ServeGen, Apache-2.0: a week of request rates by client, in bins of 600 s) and nab/
(the Numenta Anomaly Benchmark, MIT). What is missing is named and left out. Groups:

    pool     the request rate of each pool, and their sum
    client   the largest clients of each pool, by the first five days
    minute   the pools in bins of a minute: arrivals drawn from each client's rate and burstiness, seeded
    hourly   of pools, clients and NAB's series by the hour, those with a strong season in their first five sevenths and
             no hour of zero there (sMAPE is 200 % for any forecast but zero of a zero)
"""

import csv
import io
import random
import statistics
import sys
import tarfile
from datetime import datetime
from pathlib import Path

POOLS = ("m-mid", "m-small")
CLIENTS_MAX = 12  # a pool
STRONG_SEASON = 0.6
# A day like the one before to the last digit: nothing comes near the seasonal naive forecast there.
WITHOUT_NOISE = ("art_daily_no_noise", "art_daily_perfect_square_wave")
SEED = 7

Series = tuple[str, str, int, list[float]]  # group, name, seconds of a bin, values


def servegen_clients(archive: Path) -> dict[str, list[tuple[str, list[tuple[float, float]]]]]:
    """By pool: (client, [(requests a second, coefficient of variation of the gaps)] by bin)."""
    clients: dict[str, list] = {pool: [] for pool in POOLS}
    with tarfile.open(archive) as tar:
        for member in sorted(tar.getmembers(), key=lambda member: member.name):
            pool = Path(member.name).parent.name
            file = tar.extractfile(member)
            if pool not in clients or file is None:
                continue
            rows = csv.reader(io.TextIOWrapper(file))
            bins = [(float(row[1] or 0), float(row[2] or 0)) for row in rows]
            clients[pool].append((Path(member.name).stem.removesuffix("-trace"), bins))
    return clients


def total(columns: list[list[float]]) -> list[float]:
    return [sum(values) for values in zip(*columns, strict=True)]


def minutes(bins: list[tuple[float, float]], draw: random.Random) -> list[float]:
    """Requests a second by minute. The count of a renewal process over a long time t is about normal with mean
    rate · t and variance rate · t · cv²."""
    rates = []
    for rate, variation in bins:
        for _ in range(10):
            count = draw.gauss(rate * 60, variation * (rate * 60) ** 0.5) if rate > 0 else 0
            rates.append(max(0, round(count)) / 60)
    return rates


def by_hour(values: list[float], bins: int) -> list[float]:
    return [statistics.fmean(values[i : i + bins]) for i in range(0, len(values) - bins + 1, bins)]


def season_strength(hours: list[float]) -> float:
    """The share of the variance that the mean course of a day explains, in the first five sevenths; 0 with zeros there."""
    known = hours[: len(hours) * 5 // 7]
    if min(known) <= 0:
        return 0
    variance = statistics.pvariance(known)
    course = [statistics.fmean(known[hour::24]) for hour in range(24)]
    rest = statistics.fmean((value - course[i % 24]) ** 2 for i, value in enumerate(known))
    return 1 - rest / variance if variance > 0 else 0


def servegen(folder: Path) -> list[Series]:
    archive = folder / "servegen_week1.tar.gz"
    if not archive.exists():
        print(f"series: SKIPPED {archive} is missing (github.com/alibaba/ServeGen)", file=sys.stderr)
        return []
    draw = random.Random(SEED)
    found: list[Series] = []
    by_bin, by_minute = {}, {}
    for pool, clients in servegen_clients(archive).items():
        rates = {client: [rate for rate, _ in bins] for client, bins in clients}
        by_bin[pool] = total(list(rates.values()))
        by_minute[pool] = total([minutes(bins, draw) for _, bins in clients])
        size = len(by_bin[pool]) * 5 // 7
        largest = sorted(rates, key=lambda client: -sum(rates[client][:size]))[:CLIENTS_MAX]
        found += [("client", f"{pool} {client}", 600, rates[client]) for client in largest]
    for group, bin_seconds, pools in (("pool", 600, by_bin), ("minute", 60, by_minute)):
        found += [(group, pool, bin_seconds, values) for pool, values in pools.items()]
        found.append((group, "sum", bin_seconds, total(list(pools.values()))))
    return found


def nab(folder: Path) -> list[Series]:
    """Series by the hour, a missing hour taken for the one before."""
    files = sorted(folder.glob("data/realAWSCloudwatch/*.csv")) + sorted(folder.glob("data/artificial*/art_daily_*.csv"))
    if not files:
        print(f"series: SKIPPED {folder} has no data (github.com/numenta/NAB)", file=sys.stderr)
    found = []
    for file in files:
        if file.stem in WITHOUT_NOISE:
            continue
        hours: dict[int, list[float]] = {}
        with file.open() as lines:
            rows = [(datetime.fromisoformat(row["timestamp"]), float(row["value"])) for row in csv.DictReader(lines)]
        for time, value in rows:
            hours.setdefault(int((time - rows[0][0]).total_seconds()) // 3600, []).append(max(0, value))
        values: list[float] = []
        for hour in range(max(hours) + 1):
            values.append(statistics.fmean(hours[hour]) if hour in hours else values[-1])
        if len(values) >= 7 * 24:
            found.append(("hourly", file.stem.replace("_", " "), 3600, values))
    return found


def main(data: Path, out: Path) -> int:
    found = servegen(data / "servegen")
    hourly = [("hourly", name, 3600, by_hour(values, 6)) for group, name, _, values in found if group in ("pool", "client")]
    found += [series for series in hourly + nab(data / "nab") if season_strength(series[3]) >= STRONG_SEASON]
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("w") as file:
        for group, name, seconds, values in found:
            print(group, name, seconds, *(f"{value:.6g}" for value in values), sep=",", file=file)
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
