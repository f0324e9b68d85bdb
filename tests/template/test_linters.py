"""The templates as linters see them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from template_reader import ROOT, Template

TEMPLATES = ["template.yaml", "member-role.yaml", "chat.yaml", "events/reactions.yaml"]
# One Region of each partition, where cfn-lint knows more than one that differs all of these.
PARTITIONS = [
    "us-east-1",
    "us-gov-east-1",
    "us-gov-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eusc-de-east-1",
    "us-iso-east-1",
    "us-isob-east-1",
    "us-isof-south-1",
    "eu-isoe-west-1",
]


def run(*command):
    environment = os.environ | {"AWS_DEFAULT_REGION": "us-east-1", "SAM_CLI_TELEMETRY": "0"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def tool(name, variable):
    """A tool that has an environment of its own, which tests/run makes."""
    found = os.environ.get(variable) or shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed; tests/run without 'fast' installs it")
    return found


@pytest.mark.parametrize("name", TEMPLATES)
def test_cfn_lint_finds_nothing(name):
    run(Path(sys.executable).with_name("cfn-lint"), name)


@pytest.mark.parametrize("name", ["template.yaml", "member-role.yaml", "events/reactions.yaml"])
def test_cfn_lint_finds_nothing_in_any_partition(name):
    run(Path(sys.executable).with_name("cfn-lint"), "--regions", *PARTITIONS, "--template", name)


def test_sam_validate_finds_nothing():
    run(tool("sam", "AMIWATCH_TEST_SAM"), "validate", "--lint", "--template-file", "template.yaml")


def test_checkov_finds_nothing():
    checkov = tool("checkov", "AMIWATCH_TEST_CHECKOV")
    files = [part for name in TEMPLATES for part in ("--file", name)]
    run(checkov, "--skip-download", "--framework", "cloudformation", "--compact", "--quiet", *files)


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_check_that_is_skipped_has_its_reason(name):
    class Other(Template):
        FILE = name

    for resource, it in Other().raw["Resources"].items():
        for skip in it.get("Metadata", {}).get("checkov", {}).get("skip", []):
            assert len(skip["comment"].split()) > 3, f"{resource}: {skip['id']}"


def test_the_checkers_are_pinned():
    for name in ("requirements.txt", "requirements-sam.txt", "requirements-checkov.txt"):
        lines = (ROOT / "tests" / name).read_text().splitlines()
        assert all("==" in line for line in lines if line and not line.startswith("#")), name


def test_sam_asks_for_no_more_than_it_needs():
    text = (ROOT / "samconfig.toml").read_text()
    # No role has a name, so this is enough.
    assert 'capabilities = "CAPABILITY_IAM"' in text
    roles = [Template().raw["Resources"][name] for name in Template().raw["Resources"] if name.endswith("Role")]
    assert roles and not any("RoleName" in role["Properties"] for role in roles)
