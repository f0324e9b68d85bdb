"""docs/reference/cli.md is what the command line says of itself."""

import subprocess
import sys

from programs import ROOT


def test_the_reference_is_what_the_help_says(binary):
    command = [sys.executable, str(ROOT / "docs/reference/make"), "--stdout"]
    made = subprocess.run(command, env={"AMIWATCH_BIN": binary}, capture_output=True, text=True, check=True).stdout
    assert made == (ROOT / "docs/reference/cli.md").read_text(), "run docs/reference/make"
