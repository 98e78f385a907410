"""Blocks of tokens that stand in two files: candidates for one function."""

import re
from dataclasses import dataclass

from source import Source

TOKENS_REPORTED = 40
TOKENS_REFUSED = 120  # product code only

_TOKEN = re.compile(r"[A-Za-z_]\w*|\d[\w.']*|\"[^\"\n]*\"|'[^'\n]*'|::|->|&&|\|\||[^\s\w]")


@dataclass(frozen=True)
class Duplicate:
    first: str
    first_line: int
    second: str
    second_line: int
    tokens: int

    def __str__(self) -> str:
        return f"{self.tokens} tokens: {self.first}:{self.first_line} and {self.second}:{self.second_line}"


def _tokens(source: Source) -> list[tuple[str, int]]:
    code = source.code
    # Literal texts matter here: tables of different strings are not the same block.
    literals = source.text
    found = []
    line = 1
    position = 0
    for match in _TOKEN.finditer(code):
        line += code.count("\n", position, match.start())
        position = match.start()
        token = literals[match.start() : match.end()] if match.group()[0] in "\"'" else match.group()
        found.append((token, line))
    return _without_preamble(found)


def _without_preamble(tokens: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Drops preprocessor lines, using declarations and namespace lines, which are alike everywhere."""
    skipped = {line for token, line in tokens if token == "#"}
    starts = {}
    for token, line in tokens:
        starts.setdefault(line, token)
    skipped |= {line for line, token in starts.items() if token in ("using", "namespace")}
    return [entry for entry in tokens if entry[1] not in skipped]


def find_duplicates(sources: list[Source], tokens_min: int = TOKENS_REPORTED) -> list[Duplicate]:
    """Maximal runs of at least `tokens_min` equal tokens between two different files, longest first."""
    streams = {source.path: _tokens(source) for source in sources if source.is_cpp}
    windows: dict[int, list[tuple[str, int]]] = {}
    for path, stream in streams.items():
        texts = [token for token, _ in stream]
        for index in range(len(texts) - tokens_min + 1):
            windows.setdefault(hash(tuple(texts[index : index + tokens_min])), []).append((path, index))

    found = []
    # (first file, second file, distance) -> how far a reported run reaches, so that it is reported once.
    reached: dict[tuple[str, str, int], int] = {}
    for places in windows.values():
        for i, (first, a) in enumerate(places[:8]):
            for second, b in places[i + 1 : 8]:
                key = (first, second, b - a)
                if first == second or reached.get(key, -1) >= a:
                    continue
                length = _match_length(streams[first], streams[second], a, b)
                if length < tokens_min:
                    continue
                reached[key] = a + length
                found.append(Duplicate(first, streams[first][a][1], second, streams[second][b][1], length))
    return sorted(found, key=lambda duplicate: (-duplicate.tokens, duplicate.first, duplicate.first_line))


def _match_length(first: list[tuple[str, int]], second: list[tuple[str, int]], a: int, b: int) -> int:
    length = 0
    while a + length < len(first) and b + length < len(second) and first[a + length][0] == second[b + length][0]:
        length += 1
    return length
