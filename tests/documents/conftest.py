"""What the tests of the documents need: the command line, and a simulated EC2. AMIWATCH_BIN names the binary."""

import os
from pathlib import Path

import pytest
from programs import Simulator


@pytest.fixture(scope="session")
def binary():
    path = os.environ.get("AMIWATCH_BIN")
    return str(Path(path).resolve()) if path else pytest.fail("AMIWATCH_BIN is not set: set it to the amiwatch binary")


@pytest.fixture
def simulator(binary):
    started = Simulator(binary, "--listen", "127.0.0.1:0", "--throttle", "off")
    yield started
    started.end()
