"""The rules over the real tree. A rule that annoys is changed in its module, in review, with the reason beside it."""

import warnings

import pytest

import arrows
import calls
import coroutines
import duplicates
import sizes
from source import Finding, load_tree

RULES = [
    arrows.check_arrows,
    arrows.check_cycles,
    arrows.check_json_libraries,
    arrows.check_pure,
    calls.check_banned_calls,
    calls.check_banned_headers,
    calls.check_words,
    coroutines.check_coroutines,
    sizes.check_file_sizes,
    sizes.check_functions,
    sizes.check_names,
    sizes.check_pragma_once,
]


@pytest.fixture(scope="module")
def tree():
    return load_tree()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__.removeprefix("check_"))
def test_tree_keeps(rule, tree):
    findings: list[Finding] = rule(tree)
    assert not findings, "\n" + "\n".join(str(finding) for finding in findings)


def test_sizes_near_their_aim(tree):
    for finding in sizes.over_soft_limit(tree):
        warnings.warn(str(finding), stacklevel=1)


def test_no_block_is_copied_between_product_files(tree):
    product = [source for source in tree if not source.is_test]
    found = duplicates.find_duplicates(product)
    for duplicate in found:
        warnings.warn(str(duplicate), stacklevel=1)
    refused = [str(duplicate) for duplicate in found if duplicate.tokens >= duplicates.TOKENS_REFUSED]
    assert not refused, "\n" + "\n".join(refused)
