"""The workflows: what they run is fixed, and may do little."""

import re

import pytest
import yaml
from conftest import ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def parsed(path):
    return yaml.safe_load(path.read_text())


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_by_the_hash_of_a_commit(path):
    used = re.findall(r"^\s*(?:- )?uses: *(.*)$", path.read_text(), re.MULTILINE)
    assert used
    for one in used:
        # A workflow of this repository is of the same commit.
        if not one.startswith("./"):
            assert re.fullmatch(r"[\w-]+/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one), one


def test_an_action_has_one_version_everywhere():
    versions = {}
    for path in WORKFLOWS:
        for name, version in re.findall(r"uses: *([\w/-]+)@(.*)$", path.read_text(), re.MULTILINE):
            versions.setdefault(name, set()).add(version)
    assert all(len(found) == 1 for found in versions.values()), versions


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_job_may_do_nothing_that_it_does_not_name(path):
    workflow = parsed(path)
    assert workflow["permissions"] == {}
    assert all("permissions" in job for job in workflow["jobs"].values())


def test_only_the_job_that_publishes_may_write_and_it_runs_no_code_of_the_checkout():
    jobs = parsed(ROOT / ".github/workflows/release.yml")["jobs"]
    writing = [name for name, job in jobs.items() if "write" in job["permissions"].values()]
    assert writing == ["publish"]
    assert not any("checkout" in step.get("uses", "") for step in jobs["publish"]["steps"])


def test_no_step_puts_what_others_may_write_into_a_script():
    for path in WORKFLOWS:
        for job in parsed(path)["jobs"].values():
            for step in job.get("steps", []):
                assert "${{" not in step.get("run", ""), f"{path.name}: {step}"


def test_ci_does_what_the_project_does_elsewhere():
    steps = parsed(ROOT / ".github/workflows/ci.yml")["jobs"]["test"]["steps"]
    assert [step["run"] for step in steps if "run" in step] == [".ci/run"]
