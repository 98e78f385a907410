"""Calls and words that have no place in the tree, each with the files that may use them and why."""

import re
from dataclasses import dataclass

from source import Finding, Source


@dataclass(frozen=True)
class Ban:
    rule: str
    pattern: re.Pattern[str]
    message: str
    # Paths that may: a pattern, so that a whole folder is one entry.
    allowed: re.Pattern[str]
    suffixes: tuple[str, ...] = (".h", ".cc")


def _ban(rule: str, pattern: str, message: str, allowed: str = "(?!)", suffixes=(".h", ".cc")) -> Ban:
    return Ban(rule, re.compile(pattern), message, re.compile(allowed), suffixes)


BANS = (
    _ban(
        "clock",
        r"::now\s*\((?!\s*\)\s*(?:const|noexcept|\{))|\b(gettimeofday|clock_gettime)\s*\(",
        "time comes from lib/clock or as a parameter",
        # A log line's wall clock is no logic. lib/net: its timers run on Asio's own steady clock. Benchmarks and the demonstration's load client measure
        # real time; that is their job.
        r"^(lib/clock/|sidecar/app/log\.cc|lib/net/deadlines\.cc|tests/bench/|deploy/demo/)",
    ),
    _ban(
        "sleep",
        r"\b(sleep_for|sleep_until|usleep|nanosleep)\s*\(|(?<![\w.>:])sleep\s*\(",
        "nothing sleeps: wait for the event, or use the fake clock",
    ),
    _ban(
        "sleep",
        r"\b(time|asyncio)\.sleep\s*\(",
        "no test sleeps: wait for the event with a deadline",
        # One place that asks a cluster until it answers; open-loop load is paced by time.
        r"^(e2e/cluster/polling\.py|tests/bench/|deploy/demo/)",
        (".py",),
    ),
    _ban(
        "randomness",
        r"\brandom_device\b|\b(rand|srand|random)\s*\(\s*\)|\bgetrandom\s*\(",
        "randomness is seeded once, in app/, and passed in",
        r"^(sidecar/app/|lib/digest/)",
    ),
    _ban(
        "detached",
        r"\bco_spawn\s*\([^;]*\bdetached\b",
        "a detached coroutine outlives what it uses: own it",
        r"^sidecar/app/",
    ),
    _ban(
        "catch-all",
        r"\bcatch\s*\(\s*\.\.\.\s*\)",
        "catch what is thrown where it enters; catch (...) only in app/",
        r"^sidecar/app/",
    ),
    _ban("mock", r"\b(EXPECT_CALL|ON_CALL|MOCK_METHOD)\b", "fakes over mocks: pass values, check behaviour"),
    _ban("regex", r"\bstd::w?regex\b", "std::regex is slow and recurses on input"),
)

# Pieces that never belong in a published tree: paths of one machine, and how the text came to be.
FORBIDDEN_WORDS = (
    re.compile(r"(?<![\w.:/])/(?:work|root|home/[a-z]+)/[\w.]"),
    re.compile("sub" + r"-?agents?\b", re.IGNORECASE),
    re.compile(r"\b(?:FIX" + r"ME|X{3})\b(?!-)"),
)


def check_banned_calls(sources: list[Source]) -> list[Finding]:
    findings = []
    for source in sources:
        # Fixtures of these rules are strings in Python files, so the rules' own folder is left out.
        if source.path.startswith("tests/tidy/"):
            continue
        for ban in BANS:
            if not source.path.endswith(ban.suffixes) or ban.allowed.match(source.path):
                continue
            text = source.code if source.is_cpp else source.text
            for match in ban.pattern.finditer(text):
                findings.append(Finding(source.path, source.line_of(match.start()), ban.rule, ban.message))
    return findings


def check_banned_headers(sources: list[Source]) -> list[Finding]:
    findings = []
    for source in sources:
        if not source.is_cpp:
            continue
        for line, target, _ in source.includes():
            if target.startswith("gmock") or target in ("regex", "iostream"):
                if target == "iostream" and not source.path.startswith(("lib/", "sidecar/domain", "sidecar/dialect")):
                    continue
                findings.append(Finding(source.path, line, "header", f"<{target}> is not used here"))
    return findings


def check_words(sources: list[Source]) -> list[Finding]:
    findings = []
    for source in sources:
        if source.path.startswith("tests/tidy/"):
            continue
        for pattern in FORBIDDEN_WORDS:
            for match in pattern.finditer(source.text):
                message = f"'{match.group()}' does not belong in the tree"
                findings.append(Finding(source.path, source.line_of(match.start()), "word", message))
    return findings
