"""Reads a CloudFormation template and works out its intrinsic functions for given parameters."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
PSEUDO = {
    "AWS::AccountId": "123456789012",
    "AWS::NoValue": None,
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::StackName": "amiwatch",
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


class Template:
    """A template with one set of parameters. A resource's Ref and its attributes are `<Name.Attribute>`."""

    FILE = "template.yaml"

    def __init__(self, **parameters):
        self.raw = yaml.load((ROOT / self.FILE).read_text(), _Loader)
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
        condition = self.raw["Resources"][resource].get("Condition")
        return condition is None or self.condition(condition)

    def condition(self, name):
        return self.resolve(self.raw["Conditions"][name])

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
        assert name in self.raw["Resources"], f"nothing is called {name}"
        return f"<{name}>"

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
            case "Fn::Join":
                separator, items = argument
                return separator.join(self.resolve(items))
            case "Fn::Split":
                separator, text = argument
                return self.resolve(text).split(separator)
            case "Fn::Sub":
                return re.sub(r"\$\{([^}]+)\}", lambda found: self._ref(found[1]), argument)
            case "Fn::GetAtt":
                resource, attribute = argument
                assert resource in self.raw["Resources"], f"nothing is called {resource}"
                return f"<{resource}.{attribute}>"
        raise AssertionError(f"this reader does not know {name}")
