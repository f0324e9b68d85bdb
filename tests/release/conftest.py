"""An archive of stand-ins, packaged as a release is."""

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "scripts"))

from archive import ARCHITECTURES, PROGRAMS  # noqa: E402 the path comes first

EPOCH = 1_700_000_000
# Enough of the command line for what the packaging asks of it.
AMIWATCH = """#!/bin/sh
case $1 in
completions) echo "completions for $2" ;;
man) echo '.TH amiwatch 1' >"$2/amiwatch.1" ;;
esac
"""


def stand_ins(folder):
    for architecture in ARCHITECTURES:
        (folder / architecture).mkdir(parents=True)
        for name in PROGRAMS:
            path = folder / architecture / name
            path.write_text(AMIWATCH if name == "amiwatch" else f"{name} for {architecture}\n")
            path.chmod(0o755)
    return folder


def package(binaries, out, *options, **environment):
    command = [sys.executable, "-m", "archive", "write", *options, "--out", out, binaries]
    variables = os.environ | {"PYTHONPATH": str(ROOT / "scripts"), "SOURCE_DATE_EPOCH": str(EPOCH)} | environment
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


@pytest.fixture(scope="session")
def packed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("release")
    return package(stand_ins(folder / "binaries"), folder / "out")


@pytest.fixture(scope="session")
def unpacked(packed, tmp_path_factory):
    """The archive's one folder."""
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(packed) as tar:
        tar.extractall(folder, filter="data")
    [top] = folder.iterdir()
    return top
