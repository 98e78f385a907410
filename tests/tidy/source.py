"""The tree as the rules see it: files, findings, and C++ text without its comments and literals."""

import re
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CPP_SUFFIXES = (".h", ".cc")

# Comments, string and character literals. A quote after a digit or letter is a digit separator (1'000), not a literal.
_OPAQUE = re.compile(
    r"""//[^\n]*
      | /\*.*?\*/
      | R"(?P<tag>[^()\s\\]{0,16})\(.*?\)(?P=tag)"
      | "(?:[^"\\\n]|\\.)*"
      | (?<![0-9A-Za-z_])'(?:[^'\\\n]|\\.)+'
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Finding:
    path: str
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: [{self.rule}] {self.message}"


@dataclass(frozen=True)
class Source:
    path: str  # from the repository root, with slashes
    text: str

    @cached_property
    def code(self) -> str:
        """The text with comments blanked and literals emptied to "" or ''; offsets and lines stay the same."""
        return _OPAQUE.sub(_blank, self.text)

    @cached_property
    def statements(self) -> str:
        """`code` without preprocessor lines, offsets kept: what a scanner of braces and statements reads."""
        return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group()), self.code, flags=re.M)

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @property
    def is_cpp(self) -> bool:
        return self.path.endswith(CPP_SUFFIXES)

    @property
    def is_test(self) -> bool:
        return self.path.startswith("tests/")

    def line_of(self, offset: int) -> int:
        return self.text.count("\n", 0, offset) + 1

    def includes(self) -> list[tuple[int, str, bool]]:
        """(line, target, quoted) of every #include."""
        found = []
        for number, line in enumerate(self.lines, start=1):
            match = re.match(r'\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', line)
            if match:
                found.append((number, match[1] or match[2], match[1] is not None))
        return found


def _blank(match: re.Match[str]) -> str:
    text = match.group()
    if text.startswith("/"):
        return re.sub(r"[^\n]", " ", text)
    quote = "'" if text.startswith("'") else '"'
    return quote + re.sub(r"[^\n]", " ", text[1:-1]) + quote


def tracked_paths(root: Path = ROOT) -> list[str]:
    """Every file that git tracks or would track."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    )
    return sorted(path for path in set(listing.stdout.split("\0")) if path and (root / path).is_file())


def load_tree(root: Path = ROOT) -> list[Source]:
    """All text files of the tree; binary ones (fuzz corpora, images) are left out."""
    sources = []
    for path in tracked_paths(root):
        try:
            sources.append(Source(path, (root / path).read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return sources
