"""How the series are made; nothing is forecast here."""

import io
import math
import random
import statistics
import tarfile

import pytest

import series


def week(tmp_path, rows_of):
    """A trace with one client a pool; `rows_of(pool)` are the (rate, variation) of its bins."""
    folder = tmp_path / "servegen"
    folder.mkdir()
    with tarfile.open(folder / "servegen_week1.tar.gz", "w:gz") as tar:
        for pool in series.POOLS:
            lines = [f"{600 * i},{rate},{variation},Gamma,1,1" for i, (rate, variation) in enumerate(rows_of(pool))]
            text = "\n".join(lines).encode()
            info = tarfile.TarInfo(f"data/language/{pool}/chunk-0-trace.csv")
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text))
    return folder


def test_pools_are_summed_by_bin(tmp_path):
    folder = week(tmp_path, lambda pool: [(1, 1), (2, 1)] if pool == "m-mid" else [(10, 1), (20, 1)])
    found = {(group, name): values for group, name, _, values in series.servegen(folder)}
    assert found["pool", "m-mid"] == [1, 2]
    assert found["pool", "sum"] == [11, 22]
    assert found["client", "m-small chunk-0"] == [10, 20]
    assert len(found["minute", "sum"]) == 20


def test_minutes_have_the_mean_and_the_spread_of_a_renewal_process():
    drawn = series.minutes([(100.0, 2.0)] * 200, random.Random(1))
    # Of 6,000 requests a minute: deviation 2 · √6000 requests, over 60 s.
    assert statistics.fmean(drawn) == pytest.approx(100, rel=0.005)
    assert statistics.pstdev(drawn) == pytest.approx(2 * math.sqrt(6000) / 60, rel=0.06)
    assert series.minutes([(0.0, 0.0)], random.Random(1)) == [0] * 10


def test_a_season_is_strong_where_days_are_alike():
    day = [100 + hour for hour in range(24)]
    assert series.season_strength(day * 7) == pytest.approx(1)
    noise = random.Random(2)
    assert series.season_strength([100 + noise.random() for _ in range(168)]) < series.STRONG_SEASON
    assert series.season_strength([5] * 168) == 0
    assert series.season_strength([0, *day] * 7) == 0


def test_what_is_missing_is_named_and_left_out(tmp_path, capsys):
    assert series.main(tmp_path, tmp_path / "out" / "series.csv") == 0
    assert (tmp_path / "out" / "series.csv").read_text() == ""
    assert capsys.readouterr().err.count("SKIPPED") == 2
