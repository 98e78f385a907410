"""Limits on files, functions and names."""

import re

from source import Finding, Source

SOFT_LINES = {".h": 150, ".cc": 300}
SOFT_LINES_TEST = 600
HARD_LINES = 400
HARD_LINES_TEST = 800
FUNCTION_LINES = 70
# A test body is mostly a table of cases.
FUNCTION_LINES_TEST = 120

BANNED_NAMES = re.compile(r"(^|_|-)(utils?|commons?|helpers?|misc|managers?)($|_|-)")

_OPENS_SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b")
_CONTROL = re.compile(r"^\s*(if|for|while|switch|do|else|try|catch|return|co_return)\b")


def _code_size_applies(source: Source) -> bool:
    return source.path.endswith((".h", ".cc", ".py"))


def hard_limit(source: Source) -> int:
    return HARD_LINES_TEST if source.is_test else HARD_LINES


def check_file_sizes(sources: list[Source]) -> list[Finding]:
    findings = []
    for source in sources:
        lines = len(source.lines)
        if _code_size_applies(source) and lines > hard_limit(source):
            message = f"{lines} lines; the hard stop is {hard_limit(source)}: split it by idea"
            findings.append(Finding(source.path, lines, "size", message))
    return findings


def over_soft_limit(sources: list[Source]) -> list[Finding]:
    """Files past the size they should have; a report, not a failure."""
    findings = []
    for source in sources:
        if not source.is_cpp:
            continue
        soft = SOFT_LINES_TEST if source.is_test else SOFT_LINES[source.path[source.path.rindex(".") :]]
        if soft < len(source.lines) <= hard_limit(source):
            findings.append(Finding(source.path, soft, "size", f"{len(source.lines)} lines; aim at {soft}"))
    return findings


def functions(source: Source) -> list[tuple[int, int]]:
    """(first line, lines) of each outermost function body, found by counting braces in code without literals."""
    found = []
    scopes: list[bool] = []  # True: a function body; False: namespace, class, initialiser at namespace level
    start = 0
    chunk_start = 0
    for match in re.finditer(r"[{};]", source.statements):
        token, offset = match.group(), match.start()
        chunk = source.statements[chunk_start:offset]
        chunk_start = offset + 1
        if token == "{":
            is_body = (
                not any(scopes)
                and "(" in chunk
                and not _OPENS_SCOPE.search(chunk.split("(")[0])
                and not _CONTROL.match(chunk)
            )
            if is_body:
                start = offset
            scopes.append(is_body)
        elif token == "}" and scopes:
            if scopes.pop():
                first = source.line_of(start)
                found.append((first, source.line_of(offset) - first + 1))
    return found


def check_functions(sources: list[Source]) -> list[Finding]:
    findings = []
    for source in sources:
        if not source.is_cpp:
            continue
        limit = FUNCTION_LINES_TEST if source.is_test else FUNCTION_LINES
        for line, length in functions(source):
            if length > limit:
                message = f"function of {length} lines; the limit is {limit}"
                findings.append(Finding(source.path, line, "function-size", message))
    return findings


def check_names(sources: list[Source]) -> list[Finding]:
    findings = []
    for source in sources:
        for part in source.path.split("/"):
            stem = part.split(".")[0]
            if BANNED_NAMES.search(stem):
                message = f"'{part}' says nothing of what is inside: name the idea"
                findings.append(Finding(source.path, 1, "name", message))
    return findings


def check_pragma_once(sources: list[Source]) -> list[Finding]:
    findings = []
    for source in sources:
        if source.path.endswith(".h"):
            first = next((line for line in source.code.splitlines() if line.strip()), "")
            if first.strip() != "#pragma once":
                findings.append(Finding(source.path, 1, "pragma-once", "a header starts with #pragma once"))
    return findings
