"""scripts/totals.py: the last line of a test run must be true, above all when something crashed."""

import sys

import pytest

from source import ROOT

sys.path.insert(0, str(ROOT / "scripts"))

import totals  # noqa: E402  (the script is no package)

CTEST = """<testsuite><testcase name="a_test" status="{status}">{inner}</testcase></testsuite>"""
GTEST = """<testsuites><testsuite name="s">
  <testcase name="one" status="run"/><testcase name="two" status="notrun"/>
  <testcase name="three" status="run">{inner}</testcase></testsuite></testsuites>"""


def write(folder, name, text):
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize(
    ("status", "gtest_inner", "expected"),
    [("run", "", (2, 0, 1)), ("fail", "<failure/>", (1, 1, 1)), ("fail", "", (2, 1, 1))],
)
def test_cases_of_a_binary(tmp_path, status, gtest_inner, expected):
    write(tmp_path, "ctest.xml", CTEST.format(status=status, inner="<failure/>" if status == "fail" else ""))
    write(tmp_path, "gtest/a_test.xml", GTEST.format(inner=gtest_inner))
    result = totals.sum_up(tmp_path)
    assert (result.passed, result.failed, result.skipped) == expected


def test_entry_without_report_counts_as_one(tmp_path):
    write(tmp_path, "ctest.xml", CTEST.format(status="run", inner=""))
    assert str(totals.sum_up(tmp_path)) == "penstock: 1 passed, 0 failed, 0 skipped"


def test_report_cut_short_is_a_failure(tmp_path):
    write(tmp_path, "ctest.xml", CTEST.format(status="fail", inner="<failure/>"))
    write(tmp_path, "gtest/a_test.xml", "<testsuites><testsuite")
    assert totals.sum_up(tmp_path).failed == 1


def test_pytest_reports_are_added(tmp_path):
    write(tmp_path, "pytest.xml", GTEST.format(inner="<error/>"))
    result = totals.sum_up(tmp_path)
    assert (result.passed, result.failed, result.skipped) == (1, 1, 1)


def test_no_results_fail(tmp_path, capsys):
    assert totals.main([str(tmp_path)]) == 1
    assert capsys.readouterr().out == "penstock: 0 passed, 0 failed, 0 skipped\n"
