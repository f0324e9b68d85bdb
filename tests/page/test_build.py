"""The built page, and the unit tests of what it decides."""

import hashlib
import re
import subprocess
from pathlib import Path

import playwright

import made


def test_the_page_is_built_from_these_sources():
    digest = hashlib.sha256()
    for path in sorted(made.SOURCES.iterdir()):
        if path.suffix in {".js", ".mjs", ".css", ".html", ".json"}:
            digest.update(f"{path.name}\n{path.read_text(encoding='utf-8')}".encode())
    built = re.search(r'<meta name="sources" content="(\w+)">', made.BUILT.read_text(encoding="utf-8"))
    assert built.group(1) == digest.hexdigest(), "run src/cli/history/page/make"


def test_the_page_has_one_place_for_the_data_and_all_licences_and_stays_small():
    page = made.BUILT.read_text(encoding="utf-8")
    assert page.count("{{") == page.count("{{data}}") == 1
    assert "Apache License" in page and "Mike Bostock" in page
    assert "Baidu" in page and "Microsoft" in page
    assert len(page.encode()) < 650_000


def test_the_decisions_are_right():
    # The driver of Playwright is a Node.js, so that nobody has to install one.
    node = Path(playwright.__file__).parent / "driver" / "node"
    run = subprocess.run([node, "--test"], cwd=made.SOURCES, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert re.search(r"pass [1-9]", run.stdout)
