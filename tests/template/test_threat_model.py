"""docs/security.md names the tests that show each defence. A test that is renamed or removed is missed here."""

import re

import pytest
from template_reader import ROOT

DOCUMENT = "docs/security.md"
# `tests/suite/ec2/items.rs`: `one_test`, `another_test`
CITATION = re.compile(r"`([\w/.-]+\.(?:rs|py))`:\s+(`\w+`(?:,\s+`\w+`)*)")
ATTRIBUTES = r"(?:#\[[^\]]*\]\s*)*"
RUST = re.compile(rf"#\[(?:tokio::)?test(?:\([^)]*\))?\]\s*{ATTRIBUTES}(?:async\s+)?fn\s+(\w+)\s*\(")
PYTHON = re.compile(r"^def\s+(test_\w+)\s*\(", re.MULTILINE)


def cited(text):
    for file, names in CITATION.findall(text):
        for name in re.findall(r"\w+", names):
            yield file, name


def written_in(file):
    path = ROOT / file
    if not path.is_file():
        return set()
    pattern = RUST if path.suffix == ".rs" else PYTHON
    return set(pattern.findall(path.read_text()))


def missing(text):
    return [f"{file}: {name}" for file, name in cited(text) if name not in written_in(file)]


def test_every_test_that_the_threat_model_names_exists():
    assert missing((ROOT / DOCUMENT).read_text()) == []


def test_no_test_is_named_without_its_file():
    text = (ROOT / DOCUMENT).read_text()
    # Nothing else that stands in code there has so many underscores.
    named = set(re.findall(r"`([a-z0-9]+(?:_[a-z0-9]+){3,})`", text))
    assert named and named == {name for _, name in cited(text) if name in named}


@pytest.mark.parametrize(
    "gone",
    [
        "`tests/suite/ec2/items.rs`: `a_test_that_nobody_wrote`",
        "`tests/suite/no_such_file.rs`: `a_bundle_task_comes_without_its_secrets`",
        # A function that is no test.
        "`tests/suite/ec2/mod.rs`: `simulator`",
        "`tests/template/test_threat_model.py`: `missing`",
    ],
)
def test_a_test_that_is_gone_is_missed(gone):
    assert len(missing(gone)) == 1
    kept = "`tests/suite/ec2/items.rs`: `a_bundle_task_comes_without_its_secrets`"
    assert missing(f"{kept}; {gone}, `also_this`; {kept}")[-1].endswith("also_this")
