"""Finds the built programs."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import ROOT


class Missing(Exception):
    """A program is not built."""


@dataclass(frozen=True)
class Binaries:
    """The command line, and the folder that holds the functions."""

    amiwatch: Path
    functions: Path

    def function(self, name):
        return needed(self.functions / name)


def needed(path):
    if not path.is_file():
        raise Missing(f"{path} is missing: build it (`tests/run fast` does), or name a folder with --binaries")
    return path.resolve()


def find(folder=None):
    """In a folder that holds all of them; else where tests/run puts them."""
    if folder:
        folder = Path(folder)
        return Binaries(needed(folder / "amiwatch"), folder)
    metadata = subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--no-deps", "--locked"],
        cwd=ROOT, stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    target = Path(json.loads(metadata.stdout)["target_directory"])
    return Binaries(needed(target / "debug/amiwatch"), target / "functions")
