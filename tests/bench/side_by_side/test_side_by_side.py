"""The harness's own arithmetic; nothing is measured here."""

import json
import os

import pytest

import bodies
from footprint import memory_in_all
from load import Sample
from peers import shuffled_body
from processes import resident_memory
from rows import Row, absolute_rows, ratio_rows, table


def sample(cpu_us: float) -> Sample:
    return Sample(cpu_us=cpu_us, rate=1, p99_us=1, errors=0, disturbed=False)


def test_ratio_is_against_the_peer_that_is_better_over_the_whole_run():
    row = Row("r", "r", must=1, aim=0.5, product="p", peers=("a", "b"))
    row.add_round({"p": sample(10), "a": sample(20), "b": sample(40)})
    assert row.figures == [0.5]
    row.add_round({"p": sample(30), "a": sample(90), "b": sample(20)})
    row.add_round({"p": sample(30), "a": sample(60), "b": sample(100)})
    assert row.ratios["b"] == [0.25, 1.5, 0.3]
    assert row.figures == [0.5, 30 / 90, 0.5]
    assert row.median == 0.5


def test_quartiles_include_the_ends():
    row = Row("r", "r", 1, None, figures=[1.0, 2.0, 3.0, 4.0, 5.0])
    assert (row.median, row.quartiles) == (3.0, (2.0, 4.0))


@pytest.mark.parametrize(
    ("figures", "notes", "verdict"),
    [([0.4], [], "aim"), ([0.5], [], "aim"), ([1.0], [], "pass"), ([1.01], [], "FAIL"), ([0.4], ["an error"], "FAIL")],
)
def test_verdict(figures, notes, verdict):
    assert Row("r", "r", must=1, aim=0.5, figures=figures, notes=notes).verdict == verdict


def test_every_row_stands_in_the_table():
    rows = [*ratio_rows(), *absolute_rows().values()]
    assert len(table(rows).splitlines()) == 2 + len(rows)
    assert len({row.key for row in rows}) == len(rows)


def test_memory_of_several_processes_has_the_pages_that_they_share_once():
    one = {"VmRSS": 30, "RssAnon": 20, "RssFile": 10}
    two = {"VmRSS": 33, "RssAnon": 22, "RssFile": 11}
    assert memory_in_all([one]) == 30
    assert memory_in_all([one, two]) == 20 + 22 + 11


def test_resident_memory_is_in_bytes():
    mine = resident_memory(os.getpid())
    assert mine["VmRSS"] > 5_000_000
    assert mine["RssAnon"] + mine["RssFile"] + mine["RssShmem"] == pytest.approx(mine["VmRSS"], rel=0.05)
    with pytest.raises(OSError):
        resident_memory(2**22 + 1)


@pytest.mark.parametrize(("name", "size"), bodies.SIZES.items())
def test_bodies_have_their_size_and_parse(tmp_path, name, size):
    files = bodies.write_bodies(tmp_path)
    fixed = files["fixed", name].read_text()
    assert len(fixed) == size
    unique = files["unique", name].read_text()
    assert len(unique) == size and unique.count(bodies.UNIQUE_MARK) == 1
    for order in range(12):
        assert json.loads(shuffled_body(files["shuffled", name], order)) == json.loads(fixed)


def test_answer_fits_a_peers_configuration():
    assert len(bodies.answer()) == bodies.ANSWER_BYTES
    assert not set("'$\\") & set(bodies.answer())
