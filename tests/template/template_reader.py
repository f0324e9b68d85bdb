"""Reads a CloudFormation template and works out its intrinsic functions for given parameters."""

import functools
import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
PSEUDO = {
    "AWS::AccountId": "123456789012",
    "AWS::NoValue": None,
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/amiwatch/0a1b2c3d-0000-11ee-8000-0123456789ab",
    "AWS::StackName": "amiwatch",
    "AWS::URLSuffix": "amazonaws.com",
}


class _Loader(yaml.SafeLoader):
    pass


def _short_form(loader, tag, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if tag == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _short_form)


@functools.cache
def _read(file):
    return yaml.load((ROOT / file).read_text(), _Loader)


class Template:
    """A template with one set of parameters. A resource's Ref and its attributes are `<Name.Attribute>`.
    What refers to a resource that is not made with these parameters is an error."""

    FILE = "template.yaml"

    def __init__(self, **parameters):
        self.raw = _read(self.FILE)
        unknown = parameters.keys() - self.raw["Parameters"].keys()
        assert not unknown, f"the template has no parameter {unknown}"
        self.parameters = {
            name: self._parameter(definition, parameters.get(name, definition.get("Default")))
            for name, definition in self.raw["Parameters"].items()
        }

    @staticmethod
    def _parameter(definition, value):
        if definition["Type"] == "CommaDelimitedList":
            return [item.strip() for item in str(value).split(",")]
        return str(value)

    def properties(self, resource):
        return self.resolve(self.raw["Resources"][resource]["Properties"])

    def has(self, resource):
        if resource not in self.raw["Resources"]:
            return False
        condition = self.raw["Resources"][resource].get("Condition")
        return condition is None or self.condition(condition)

    def condition(self, name):
        return self.resolve(self.raw["Conditions"][name])

    def made(self, kind=None):
        """The names of the resources that the stack has, in order."""
        resources = self.raw["Resources"].items()
        return [name for name, it in resources if self.has(name) and kind in (None, it["Type"])]

    def accepted(self):
        """Whether the template's own rules let the parameters pass."""
        rules = [rule for rule in self.raw["Rules"].values() if self.resolve(rule.get("RuleCondition", True))]
        return all(self.resolve(one["Assert"]) for rule in rules for one in rule["Assertions"])

    def output(self, name):
        """The value of an output, or none where the stack does not have it."""
        output = self.raw["Outputs"][name]
        if "Condition" in output and not self.condition(output["Condition"]):
            return None
        return self.resolve(output["Value"])

    def resolve(self, node):
        if isinstance(node, list):
            items = (self.resolve(item) for item in node)
            return [item for item in items if item is not None]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            [(name, argument)] = node.items()
            if name == "Ref":
                return self._ref(argument)
            if name == "Condition" and isinstance(argument, str):
                return self.condition(argument)
            if name.startswith("Fn::"):
                return self._function(name, argument)
        pairs = ((name, self.resolve(value)) for name, value in node.items())
        return {name: value for name, value in pairs if value is not None}

    def _ref(self, name):
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self.parameters:
            return self.parameters[name]
        assert self.has(name), f"nothing is called {name}"
        return f"<{name}>"

    def _substituted(self, name, variables):
        if name.startswith("!"):
            return f"${{{name[1:]}}}"
        if name in variables:
            return str(variables[name])
        resource, dot, attribute = name.partition(".")
        return self._attribute(resource, attribute) if dot else self._ref(name)

    def _attribute(self, resource, attribute):
        assert self.has(resource), f"nothing is called {resource}"
        return f"<{resource}.{attribute}>"

    def _function(self, name, argument):
        match name:
            case "Fn::If":
                condition, yes, no = argument
                return self.resolve(yes if self.condition(condition) else no)
            case "Fn::Equals":
                left, right = self.resolve(argument)
                return str(left) == str(right)
            case "Fn::Not":
                return not self.resolve(argument)[0]
            case "Fn::And":
                return all(self.resolve(argument))
            case "Fn::Or":
                return any(self.resolve(argument))
            case "Fn::Contains":
                several, one = self.resolve(argument)
                return one in several
            case "Fn::EachMemberEquals":
                several, one = self.resolve(argument)
                return all(it == one for it in several)
            case "Fn::Join":
                separator, items = argument
                return separator.join(self.resolve(items))
            case "Fn::Split":
                separator, text = argument
                return self.resolve(text).split(separator)
            case "Fn::Select":
                index, items = argument
                return self.resolve(items)[int(index)]
            case "Fn::FindInMap":
                name, first, second = self.resolve(argument)
                return self.raw["Mappings"][name][first][second]
            case "Fn::Sub":
                text, variables = argument if isinstance(argument, list) else (argument, {})
                variables = self.resolve(variables)
                return re.sub(r"\$\{([^}]+)\}", lambda found: self._substituted(found[1], variables), text)
            case "Fn::GetAtt":
                return self._attribute(*argument)
        raise AssertionError(f"this reader does not know {name}")
