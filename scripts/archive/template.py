"""template.yaml for one processor, with the functions' zips in place of their source.

The text is changed, not the parsed template, so that its comments stay.
"""

import re

from . import FUNCTIONS, Refused

# The three lines that tell `sam build` what to compile.
BUILD = re.compile(r"      BuildMethod: rust-cargolambda\n      BuildProperties:\n        Binary: (\w+)\n")
# The parameter, up to the next one.
PARAMETER = re.compile(r"^  Architecture:\n(?:    .*\n)+", re.MULTILINE)
IN_GROUP = "          - Architecture\n"


def replaced(text, pattern, new, count):
    text, found = re.subn(pattern, new, text)
    if found != count:
        raise Refused(f"template.yaml has {pattern!r} {found} times where {count} are expected: mend scripts/archive")
    return text


def packaged(text, processor, zips):
    """`processor` is Lambda's name of it; `zips` has the path of each function's zip."""
    binaries = BUILD.findall(text)
    if set(binaries) != set(FUNCTIONS):
        raise Refused(f"template.yaml builds {sorted(set(binaries))}, and the archive has {sorted(FUNCTIONS)}")
    text = BUILD.sub("", text)
    # Metadata may have held nothing else.
    text = re.sub(r"    Metadata:\n(?!      )", "", text)
    # In the order in which the functions stand in the template, each with its code after its metadata.
    paths = iter(binaries)
    text = replaced(text, r"(?m)^      CodeUri: \.$", lambda _: f"      CodeUri: {zips[next(paths)]}", len(binaries))
    text = replaced(text, r"\[!Ref Architecture\]", f"[{processor}]", len(binaries))
    text = replaced(text, PARAMETER, "", 1)
    text = replaced(text, re.escape(IN_GROUP), "", 1)
    if "Architecture]" in text or re.search(r"\bRef Architecture\b", text):
        raise Refused("template.yaml uses the parameter Architecture in a new place: mend scripts/archive")
    return text
