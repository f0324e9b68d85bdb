"""The examples of the library, as `cargo test` and `cargo build --examples` compile them."""

import os
import subprocess
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("own_sink", "The file holds one event: Completed: AMI store "),
        ("own_store", "One ending, told once."),
        ("simulator_in_tests", "Once throttled, the SDK made 2 calls."),
    ],
)
def test_an_example_ends_well_and_says_what_it_did(name, last):
    binary = os.environ.get("AMIWATCH_BIN") or pytest.fail("AMIWATCH_BIN is not set: name the amiwatch binary")
    example = Path(binary).resolve().parent / "examples" / name
    if not example.exists():
        pytest.fail(f"{example} is missing: run cargo build --examples")
    done = subprocess.run([example], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith(last), done.stdout
