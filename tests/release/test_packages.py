"""What `cargo package` makes of the two packages: enough to build them, and no more."""

import os
import re
import subprocess
import tarfile

import pytest
from conftest import ROOT

FOLDERS = {"amiwatch": ROOT, "amiwatch-simulator": ROOT / "simulator"}
INCLUDED = re.compile(r'include_(?:str|bytes)!\(\s*"([^"]+)"')


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """The files of each package, by its name."""
    target = tmp_path_factory.mktemp("target")
    command = ["cargo", "package", "--workspace", "--no-verify", "--allow-dirty", "--offline"]
    environment = {**os.environ, "CARGO_TARGET_DIR": str(target)}
    done = subprocess.run(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0, done.stderr
    # No URL of the project is known, which cargo remarks on.
    warnings = [line for line in done.stderr.splitlines() if line.startswith("warning:")]
    assert set(warnings) <= {"warning: manifest has no documentation, homepage or repository"}, done.stderr
    found = {}
    for name in FOLDERS:
        [path] = target.glob(f"package/{name}-[0-9]*.crate")
        with tarfile.open(path) as archive:
            files = [member for member in archive if member.isfile()]
            found[name] = {file.name.split("/", 1)[1]: archive.extractfile(file).read() for file in files}
    return found


@pytest.mark.parametrize("name", FOLDERS)
def test_a_package_holds_its_readme_and_the_texts_of_both_licences(packages, name):
    files = packages[name]
    assert files["README.md"] == (FOLDERS[name] / "README.md").read_bytes()
    for licence in ("LICENSE-APACHE", "LICENSE-MIT"):
        assert files[licence] == (ROOT / licence).read_bytes()


@pytest.mark.parametrize("name", FOLDERS)
def test_a_package_holds_all_that_its_code_includes(packages, name):
    files = packages[name]
    sources = [path for path in files if path.endswith(".rs")]
    assert sources
    for source in sources:
        for target in INCLUDED.findall(files[source].decode()):
            path = os.path.normpath(os.path.join(os.path.dirname(source), target))
            assert path in files, f"{source} includes {path}"


@pytest.mark.parametrize("name", FOLDERS)
def test_a_package_holds_all_code_of_its_folder_and_nothing_that_only_the_repository_needs(packages, name):
    files = packages[name]
    folders = ("src", "examples") if name == "amiwatch-simulator" else ("src", "examples", "tests/suite")
    for folder in folders:
        here = FOLDERS[name] / folder
        code = {str(path.relative_to(FOLDERS[name])) for path in here.rglob("*.rs")}
        assert code and code <= set(files)
    unwanted = ("bench/", "docs/pictures/", "docs/performance/", "tests/local_stack/", "tests/page/", ".github/")
    assert [path for path in files if path.startswith(unwanted) or "__pycache__" in path] == []
    assert sum(map(len, files.values())) < 5_000_000
