"""Rules on co_await. g++ 12 miscompiles some shapes, and a dropped result is a swallowed error (docs/adr/0008)."""

import re

from source import Finding, Source

# A statement may start with co_await where the call returns nothing: what is declared as Task<> anywhere in the tree (and
# not also as something else), and these awaitables that are no tasks. Calls are told apart by name and number of
# arguments, so that one class's run() does not speak for another's run(target).
Call = tuple[str, int]
RETURNS_NOTHING: frozenset[Call] = frozenset(
    {
        ("close", 0),  # net::Connection
        ("gate", 0),  # the tests' hand-opened suspension point
        ("wait", 0),  # Event
    }
)

_DECLARATION = re.compile(r"\b(?:Task|awaitable)<(?P<result>[^;{}()]*)>\s+(?:\w+::)*(?P<name>\w+)\s*\(")
_BLOCK_AFTER = re.compile(
    r"(\)|\belse|\bdo|\btry|\bconst|\bnoexcept|\boverride|\bfinal|\bmutable|[{};:])\s*$"
)
_DECLARES_SCOPE = re.compile(r"->|\b(?:namespace|struct|class|enum|union)\b")


def _is_block(code: str, brace: int) -> bool:
    """Whether the `{` at `brace` opens statements (not an initialiser)."""
    before = code[:brace]
    if not before.strip() or _BLOCK_AFTER.search(before[-200:]):
        return True
    last = max(before.rfind(mark) for mark in ";{}")
    return bool(_DECLARES_SCOPE.search(before[last + 1 :]))


def _statement_start(code: str, offset: int) -> tuple[int, bool]:
    """Where the statement around `offset` starts, and whether `offset` stands inside an initialiser's braces."""
    depth = 0
    in_initialiser = False
    for position in range(offset - 1, -1, -1):
        character = code[position]
        if character == "}" and depth == 0 and not in_initialiser:
            return position + 1, in_initialiser
        if character in ")]}":
            depth += 1
        elif character in "([":
            depth -= 1 if depth > 0 else 0
        elif character == "{":
            if depth > 0:
                depth -= 1
            elif _is_block(code, position):
                return position + 1, in_initialiser
            else:
                in_initialiser = True
        elif character == ";" and depth == 0:
            return position + 1, in_initialiser
    return 0, in_initialiser


def _expression_end(code: str, offset: int) -> int:
    """Past the operand of the co_await that ends at `offset`: the closing mark of what surrounds it, or `;`."""
    depth = 0
    for position in range(offset, len(code)):
        character = code[position]
        if character in "([{":
            depth += 1
        elif character in ")]}":
            if depth == 0:
                return position
            depth -= 1
        elif character == ";" and depth == 0:
            return position
    return len(code)


def _closing(code: str, opening: int) -> int:
    """The offset of the mark that closes the one at `opening`."""
    depth = 0
    for position in range(opening, len(code)):
        if code[position] in "([{":
            depth += 1
        elif code[position] in ")]}":
            depth -= 1
            if depth == 0:
                return position
    return len(code)


def _count_arguments(inside: str) -> int:
    """How many arguments or parameters stand in a list, without its parentheses."""
    if not inside.strip():
        return 0
    depth = 0
    commas = 0
    for character in inside:
        if character in "([{<":
            depth += 1
        elif character in ")]}>":
            depth -= 1
        elif character == "," and depth == 0:
            commas += 1
    return commas + 1


def _awaited_call(expression: str) -> Call:
    """The outermost call of an awaited expression: `c` in `a.b(x).c(y)`; an object that is awaited has 0 arguments."""
    call: Call = ("", 0)
    position = 0
    for match in re.finditer(r"([A-Za-z_]\w*)\s*(?:<[^()]*>)?\s*(\()?", expression):
        if match.start() < position:
            continue  # among the arguments of the call before
        if match[2]:
            closing = _closing(expression, match.end() - 1)
            call = (match[1], _count_arguments(expression[match.end() : closing]))
            position = closing
        else:
            call = (match[1], 0)
    return call


def calls_without_result(sources: list[Source]) -> set[Call]:
    nothing: set[Call] = set(RETURNS_NOTHING)
    something: set[Call] = set()
    for source in sources:
        if not source.is_cpp:
            continue
        for match in _DECLARATION.finditer(source.code):
            parameters = source.code[match.end() : _closing(source.code, match.end() - 1)]
            call = (match["name"], _count_arguments(parameters))
            returns_nothing = re.sub(r",.*", "", match["result"]).strip() in ("", "void")
            (nothing if returns_nothing else something).add(call)
    return nothing - something


def check_coroutines(sources: list[Source]) -> list[Finding]:
    findings = []
    silent = calls_without_result(sources)
    for source in sources:
        if source.is_cpp and "co_await" in source.code:
            findings.extend(_check_source(source, silent))
    return findings


def _check_source(source: Source, silent: set[Call]) -> list[Finding]:
    code = source.statements
    findings = []

    def report(offset: int, message: str) -> None:
        findings.append(Finding(source.path, source.line_of(offset), "co_await", message))

    seen_statements: set[int] = set()
    for match in re.finditer(r"\bco_await\b", code):
        if re.search(r"\boperator\s*$", code[: match.start()]):
            continue
        start, in_initialiser = _statement_start(code, match.start())
        end = _expression_end(code, match.end())
        operand = code[match.end() : end]
        before = code[start : match.start()]
        if start in seen_statements:
            report(match.start(), "one co_await a statement: name the first result")
        seen_statements.add(start)
        if in_initialiser:
            report(match.start(), "co_await inside an initialiser's braces: name the result first")
        if re.search(r"(?<![\w)\]])\s*\[[^\]]*\]\s*(?:\(|\{|mutable)", operand):
            report(match.start(), "lambda inside a co_await expression: name it and move it in")
        elif "{" in operand:
            report(match.start(), "brace inside a co_await expression: name the object and move it in")
        if "?" in operand or "?" in before:
            report(match.start(), "conditional operator around co_await: use if, or name the value")
        call = _awaited_call(operand)
        if not before.strip() and call not in silent:
            message = (
                f"result of '{call[0]}' is dropped: use it or write (void); an awaitable that returns "
                "nothing is listed in tests/tidy/coroutines.py"
            )
            report(match.start(), message)
    return findings
