"""amiwatch as it is deployed, on this machine: template.yaml and the functions, without an AWS account."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# The reader of templates belongs to the tests of the template.
sys.path.append(str(ROOT / "tests" / "template"))
