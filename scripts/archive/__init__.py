"""The archive from which amiwatch is deployed without a compiler. scripts/release calls this.

Nothing but Python's own library: it runs wherever the archive is built.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# As Rust and `uname -m` call a processor, and as Lambda does.
ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64"}
FUNCTIONS = ("poller", "webhook")
PROGRAMS = (*FUNCTIONS, "amiwatch")


class Refused(Exception):
    """Something that must not be released."""
