#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what a script can check of the project's English: documents, comments, messages and commit subjects.

It also checks that what documents link to or name exists: files, headings and tests.

usage: check_prose.py [--count]    --count prints the number of findings of each folder instead of the findings
"""
import collections
import functools
import glob
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Regular expression: what to write instead.
PHRASES = {
    r"all the same": "write 'still' or 'nevertheless', or name the condition",
    r"for good": "write 'permanently', or what stays",
    r"as of": "write 'since' or 'from'",
    r"(?<!there )(?:is|are|was|were) no (?!longer|more|fewer|less|other)": "write 'is not a'",
    r"who\b[^.;:|]{0,60}\bgets": "name the person or the caller",
    r"what\b[^.;:|,]{0,60}\bis done": "write what happens",
    r"came by": "write 'reached'",
    r"(?:given|gives|give|gave) back": "write 'freed', 'released' or 'returned'",
    r"told": "write 'reported'",
    r"on order": "write 'injected'",
    r"company": "write 'part of a list', or name the others",
    r"stor(?:y|ies)": "write 'report', 'details' or 'description'",
    r"bells?": "write 'doorbell'",
    r"obituar(?:y|ies)": "write 'exit description'",
    r"stragglers?": "write 'running block' or 'late block'",
    r"whereabouts": "write 'place', or name the processor",
    r"machine[ _]room": "write 'memory limits of the host'",
    r"in (?:\w+ ){0,2}clothes": "write what the value is",
}
PATTERNS = [(re.compile(rf"\b{phrase}\b" if phrase[-1] not in ")" else rf"\b{phrase}", re.I), advice)
            for phrase, advice in PHRASES.items()]

# (file, text of the finding): why it may stay.
EXCEPTIONS: dict[tuple[str, str], str] = {
}

MAX_LINE = 120
MAX_SUBJECT = 72
SUBJECT = re.compile(r"[A-Za-z][\w./+, -]*: \S")
# Subjects up to this commit are older than the rule.
RULE_SINCE = "4dea2db"

LINK = re.compile(r"\]\(([^)\s]+)\)")
# A file or folder of the tree in a document, for example `hal/src/`; names with <placeholders> do not match.
NAMED_FILE = re.compile(r"`((?:\.ci|cmake|docs|examples|hal|host|plugins|python|tests|tools)/[\w./{},*-]+)`")
NAMED_PAGE = re.compile(r"\bdocs/[\w/-]+\.md\b")
# A document may name a public header as it is included.
INCLUDE_FOLDERS = ("hal/include", "host/include", "plugins/kernel/include")
NAMED_ROW = re.compile(r"`([A-Z]\w+\.[A-Z]\w+)`")  # a row of the conformance suite: `Suite.Name`
# Names that exist only in a build or an installed tree.
NOT_IN_TREE = {"hal/names.h", "hal/plugins-0"}

C_PROSE = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)


def c_prose(text: str) -> Iterator[tuple[int, str]]:
    """Comments and string literals. Lines that follow each other are one text, since a phrase may cross them."""
    for match in C_PROSE.finditer(text):
        if not match[0].startswith("'"):
            yield text.count("\n", 0, match.start()) + 1, match[0]


def python_prose(text: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in (tokenize.COMMENT, tokenize.STRING):
            yield token.start[0], token.string


def markdown_prose(text: str) -> Iterator[tuple[int, str]]:
    """Paragraphs without blocks of code."""
    begin, lines, fenced = 1, list[str](), False
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
            line = ""
        if fenced or not line.strip():
            yield begin, "\n".join(lines)
            begin, lines = number + 1, []
        else:
            lines.append(line)
    yield begin, "\n".join(lines)


def plain_prose(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        yield number, line


def joined(parts: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Line comments and string literals on consecutive lines, joined."""
    begin, last, texts = 0, -1, list[str]()
    for number, text in parts:
        if texts and number == last + 1 and text[:1] == texts[-1][:1] and text[:2] != "/*":
            texts.append(text)
        else:
            if texts:
                yield begin, "\n".join(texts)
            begin, texts = number, [text]
        last = number + text.count("\n")
    if texts:
        yield begin, "\n".join(texts)


def readable(text: str) -> str:
    """One line: without the marks of comments and literals between two lines."""
    return re.sub(r'"?\n\s*(?://+|#|\*|")?\s?', " ", text)


def prose(path: str, text: str) -> Iterator[tuple[int, str]]:
    if path.endswith((".cpp", ".hpp", ".h", ".c", ".def")):
        return joined(c_prose(text))
    if path.endswith((".py", ".pyi")):
        return joined(python_prose(text))
    if path.endswith(".md"):
        return markdown_prose(text)
    return plain_prose(text)


def too_long(path: str, text: str) -> Iterator[tuple[int, str]]:
    """Long lines of documents; clang-format and flake8 look at code. A table's row and a link cannot be broken."""
    if not path.endswith(".md"):
        return
    fenced = False
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        if len(line) > MAX_LINE and not fenced and not line.startswith("|") and "](" not in line:
            yield number, f"the line has {len(line)} characters, more than {MAX_LINE}"


def anchors(page: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    headings = re.findall(r"^#+ +(.+)$", text, re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def alternatives(name: str) -> list[str]:
    """a.{hpp,cpp}: a.hpp and a.cpp."""
    head, brace, rest = name.partition("{")
    if not brace:
        return [name]
    inside, _, tail = rest.partition("}")
    return [head + part + end for part in inside.split(",") for end in alternatives(tail)]


@functools.cache
def tests() -> set[str]:
    """Suite.Name of every googletest of the tree."""
    sources = "".join(file.read_text(encoding="utf-8") for file in sorted((ROOT / "tests").rglob("*.cpp")))
    return {f"{suite}.{name}" for suite, name in re.findall(r"^TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", sources, re.M)}


def broken_links(path: str, text: str) -> Iterator[tuple[int, str]]:
    """Links, anchors, files and tests that a document names, and pages that any file names, if they do not exist."""
    folder, fenced = (ROOT / path).parent, False
    for number, line in enumerate(text.split("\n"), 1):
        for page in NAMED_PAGE.findall(line):
            if not (ROOT / page).is_file():
                yield number, f"the page {page} does not exist"
        if not path.endswith(".md"):
            continue
        if line.lstrip().startswith("```"):
            fenced = not fenced
        if fenced:
            continue
        for link in LINK.findall(line):
            name, _, anchor = link.partition("#")
            target = folder / name if name else ROOT / path
            if re.match(r"https?:", link):
                continue
            if not target.exists():
                yield number, f"the link {link} leads to a file that does not exist"
            elif anchor and anchor not in anchors(target):
                yield number, f"the link {link} leads to a heading that does not exist"
        for name in (part for named in NAMED_FILE.findall(line) for part in alternatives(named)):
            places = [ROOT, folder, *(ROOT / include for include in INCLUDE_FOLDERS)]
            if name not in NOT_IN_TREE and not any(glob.glob(str(place / name)) for place in places):
                yield number, f"the file {name} does not exist"
        for row in NAMED_ROW.findall(line):
            if row not in tests() and row != "Suite.Name":
                yield number, f"the test {row} does not exist"


def findings_of(path: str) -> Iterator[str]:
    text = (ROOT / path).read_text(encoding="utf-8")
    for number, message in [*too_long(path, text), *broken_links(path, text)]:
        yield f"{path}:{number}: {message}"
    for begin, part in prose(path, text):
        line = readable(part)
        for pattern, advice in PATTERNS:
            for match in pattern.finditer(line):
                if (path, match[0]) not in EXCEPTIONS:
                    yield f"{path}:{begin}: '{match[0].strip()}': {advice}"


def files() -> list[str]:
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    wanted = re.compile(r"(\.(md|h|hpp|c|cpp|def|py|pyi|cmake|in|sh|1)|CMakeLists\.txt|tools/dev|\.ci/run)$")
    this = "tools/check_prose.py"
    return [path for path in listing.split("\n") if wanted.search(path) and path != this and (ROOT / path).is_file()]


def subjects() -> Iterator[str]:
    """Findings in the subjects of the commits since the rule; none where the history is not there."""
    log = subprocess.run(["git", "log", "--no-merges", "--format=%h %s", f"{RULE_SINCE}..HEAD"], cwd=ROOT,
                         capture_output=True, text=True, check=False)
    for line in log.stdout.splitlines() if log.returncode == 0 else []:
        commit, subject = line.split(" ", 1)
        if len(subject) > MAX_SUBJECT:
            yield f"commit {commit}: the subject has {len(subject)} characters, more than {MAX_SUBJECT}: {subject}"
        if not SUBJECT.match(subject):
            yield f"commit {commit}: the subject does not have the form 'area: what changes': {subject}"


def main() -> int:
    if sys.argv[1:] not in ([], ["--count"]):
        print(__doc__, file=sys.stderr)
        return 2
    findings = [finding for path in files() for finding in findings_of(path)] + list(subjects())
    if sys.argv[1:]:
        count = collections.Counter(re.split("[/:]", finding)[0] for finding in findings)
        for folder, number in count.most_common():
            print(f"{number:5} {folder}")
    else:
        print("\n".join(findings), end="\n" if findings else "")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
