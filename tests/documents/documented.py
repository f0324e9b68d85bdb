"""What the documents tell a reader to type: the commands of their console blocks, and those in running text."""

import re
import shlex
from dataclasses import dataclass

from programs import ROOT

FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[\w-]*)\s*$")
SPAN = re.compile(r"`([^`]+)`")
# What stands for the output of a command: an id, where one is asked for.
SUBSTITUTED = "import-snap-0123456789abcdef0"
# No command here has parentheses inside of these.
SUBSTITUTION = re.compile(r"\$\(([^()]*)\)")
ASSIGNMENT = re.compile(r"^[A-Za-z_]\w*=")
SEPARATORS = {"&&", "||", "|", ";", "&"}


@dataclass(frozen=True)
class Command:
    """One simple command, and where it stands."""

    place: str
    line: str
    words: tuple
    assigned: tuple = ()

    def __str__(self):
        return f"{self.place}: {self.line}"


def documents():
    """The texts that tell somebody what to type. Decisions tell what was thought at their time."""
    named = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "simulator/README.md"]
    named += ["scripts/archive/README.md", "src/cli/history/page/README.md"]
    pages = [path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/**/*.md")]
    left_out = ("docs/_site/", "docs/decisions/")
    return named + sorted(page for page in pages if not page.startswith(left_out))


def blocks(text):
    """Each fenced block: its language, the number of its first line, its lines without the fence's indentation."""
    language = None
    for number, line in enumerate(text.splitlines(), 1):
        fence = FENCE.match(line)
        if fence and language is None:
            language, first, indent, lines = fence["language"], number + 1, len(fence["indent"]), []
        elif fence:
            yield language, first, lines
            language = None
        elif language is not None:
            lines.append(line[indent:])


def entries(lines):
    """What is typed at each prompt, and what is shown after it."""
    typed, shown, open_ended = None, [], False
    for line in lines:
        if line.startswith("$ "):
            if typed is not None:
                yield typed, shown
            typed, shown = line[2:], []
        elif open_ended:
            typed += "\n" + line
        elif typed is None:
            raise ValueError(f"{line!r} stands before any prompt")
        else:
            shown.append(line)
        open_ended = not shown and is_open(typed)
    if typed is not None:
        yield typed, shown


def is_open(text):
    if text.endswith("\\"):
        return True
    try:
        shlex.split(text, comments=True)
    except ValueError:
        return True
    return False


def simple(text, place):
    """The simple commands of a line, those in `$(…)` first."""
    text = text.replace("\\\n", " ")
    inner = SUBSTITUTION.findall(text)
    for one in inner:
        yield from simple(one, place)
    lexer = shlex.shlex(SUBSTITUTION.sub(SUBSTITUTED, text), posix=True, punctuation_chars="&|;<>")
    lexer.whitespace_split, lexer.commenters = True, "#"
    words, redirected = [], False
    for word in [*lexer, ";"]:
        if word in SEPARATORS:
            if words:
                yield made(words, text, place)
            words = []
        elif set(word) <= {"<", ">"}:
            redirected = True
        elif redirected:
            redirected = False
        else:
            words.append(word)


def made(words, text, place):
    count = 0
    while count < len(words) and ASSIGNMENT.match(words[count]):
        count += 1
    return Command(place, " ".join(text.split()), tuple(words[count:]), tuple(words[:count]))


def in_blocks(names=None):
    """Every command of every console block."""
    for name in names or documents():
        for language, first, lines in blocks((ROOT / name).read_text()):
            if language == "console":
                for typed, _ in entries(lines):
                    yield from simple(typed, f"{name}:{first}")


def in_text(programs, names=None):
    """Every code span in running text that begins with one of these programs."""
    for name in names or documents():
        outside, language = [], None
        for line in (ROOT / name).read_text().splitlines():
            if fence := FENCE.match(line):
                language = None if language is not None else fence["language"]
                outside.append("")
            else:
                outside.append("" if language is not None else line)
        text = "\n".join(outside)
        for span in SPAN.finditer(text):
            # A space in a wrapped command is a line's end; a table writes a bar as \|.
            code = " ".join(span[1].split()).replace("\\|", "|")
            if code.split(" ")[0] in programs and " " in code:
                place = f"{name}:{text.count(chr(10), 0, span.start()) + 1}"
                yield from simple(quoted(code), place)


def quoted(code):
    # An apostrophe that nothing closes is of the sentence and not of the command.
    return code if not is_open(code) else code.replace("'", "")
