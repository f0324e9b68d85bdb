"""What is deployed here is the template: a copy differs in nothing but what template_copy says."""

from copy import deepcopy

import pytest
import yaml

from . import binaries, template_copy
from .conftest import PARAMETERS


@pytest.fixture
def copy(tmp_path):
    def of(**parameters):
        for name in ("amiwatch", "poller", "webhook"):
            (tmp_path / name).touch()
        path = template_copy.write(tmp_path / "copy", binaries.find(tmp_path), **parameters)
        return yaml.safe_load(path.read_text())

    return of


def without(node, *keys):
    """A part of a template without what may differ."""
    if isinstance(node, dict):
        return {key: without(value, *keys) for key, value in node.items() if key not in keys}
    return [without(item, *keys) for item in node] if isinstance(node, list) else node


@pytest.mark.parametrize("parameters", [{}, PARAMETERS], ids=["defaults", "everything"])
def test_a_copy_has_the_templates_resources_parameters_and_outputs(copy, parameters):
    copied, original = copy(**parameters), template_copy.read().raw
    assert copied["Resources"].keys() == original["Resources"].keys()
    for name, resource in original["Resources"].items():
        if "Metrics" not in resource["Properties"]:
            may_differ = "CodeUri", "aws:SecureTransport"
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


def test_a_value_that_a_list_does_not_allow_is_refused_here(copy):
    with pytest.raises(ValueError, match="Kinds does not allow image"):
        copy(Kinds="store-image,image")


def test_each_change_is_still_needed():
    template = template_copy.read(**PARAMETERS)
    for change in template_copy.CHANGES:
        raw = deepcopy(template.raw)
        change(raw, template)
        assert raw != template.raw, f"{change.__name__} can go"
