"""What is deployed here is the template: a copy differs in nothing but what template_copy says."""

from copy import deepcopy

import pytest
import yaml

from . import binaries, caller, template_copy
from .conftest import PARAMETERS
from .deploying import MEMBER_ROLE
from .rights import ALSO_ASKED

ROLE = f"arn:aws:iam::{caller.ACCOUNT}:role"
SESSION = f"arn:aws:sts::{caller.ACCOUNT}:assumed-role"
MEMBER = {"PollerRoleArn": f"{ROLE}/poller", "WorkerRoleArn": f"{ROLE}/a/path/work-*", "Kinds": "bundle,import-image"}


@pytest.fixture
def copy(tmp_path):
    def of(source=None, **parameters):
        for name in ("amiwatch", "poller", "webhook"):
            (tmp_path / name).touch()
        path = template_copy.write(tmp_path / "copy", binaries.find(tmp_path), source, **parameters)
        return yaml.safe_load(path.read_text())

    return of


def without(node, *keys):
    """A part of a template without what may differ."""
    if isinstance(node, dict):
        if node.get("Action") in [[action, also] for action, also in ALSO_ASKED.items()]:
            node = {**node, "Action": node["Action"][0]}
        return {key: without(value, *keys) for key, value in node.items() if key not in keys}
    return [without(item, *keys) for item in node] if isinstance(node, list) else node


@pytest.mark.parametrize("parameters", [{}, PARAMETERS], ids=["defaults", "everything"])
def test_a_copy_has_the_templates_resources_parameters_and_outputs(copy, parameters):
    copied, original = copy(**parameters), template_copy.read().raw
    assert copied["Resources"].keys() == original["Resources"].keys()
    for name, resource in original["Resources"].items():
        if "Metrics" not in resource["Properties"]:
            may_differ = "CodeUri", "aws:SecureTransport", "MaximumConcurrency"
            assert without(copied["Resources"][name], *may_differ) == without(resource, *may_differ), name
    assert without(copied["Parameters"], "AllowedValues") == without(original["Parameters"], "AllowedValues")
    rest = {"Resources", "Parameters", "Conditions", "Rules"}
    assert without(copied, *rest) == without(original, *rest)


@pytest.mark.parametrize("parameters", [{}, PARAMETERS], ids=["defaults", "everything"])
def test_a_copys_conditions_are_as_true_as_the_templates(copy, parameters):
    copied, template = copy(**parameters), template_copy.read(**parameters)
    changed = {name for name in template.raw["Conditions"] if copied["Conditions"][name] != template.raw["Conditions"][name]}
    assert changed, "ministack knows all that conditions use: conditions_are_worked_out can go"
    for name in changed:
        left, right = copied["Conditions"][name]["Fn::Equals"]
        assert (left == right) == template.condition(name), name


def test_a_copy_of_a_members_role_lets_in_the_sessions_of_the_roles_it_names(copy):
    copied, template = copy(MEMBER_ROLE, **MEMBER), template_copy.read(MEMBER_ROLE, **MEMBER)
    differs = "aws:PrincipalArn"
    assert without(copied["Resources"], differs) == without(template.raw["Resources"], differs)
    [statement] = copied["Resources"]["Member"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Condition"]["ArnLike"] == {differs: [f"{SESSION}/poller/*", f"{SESSION}/work-*/*"]}
    conditions = template.raw["Conditions"]
    for name in conditions:
        if copied["Conditions"][name] != conditions[name]:
            left, right = copied["Conditions"][name]["Fn::Equals"]
            assert (left == right) == template.condition(name), name


def test_a_value_that_a_list_does_not_allow_is_refused_here(copy):
    with pytest.raises(ValueError, match="Kinds does not allow image"):
        copy(Kinds="store-image,image")


def test_each_change_is_still_needed():
    templates = template_copy.read(**PARAMETERS), template_copy.read(MEMBER_ROLE, **MEMBER)
    for change in template_copy.CHANGES:
        changed = [deepcopy(template.raw) for template in templates]
        for raw, template in zip(changed, templates, strict=True):
            change(raw, template)
        assert changed != [template.raw for template in templates], f"{change.__name__} can go"
