"""The template as ministack takes it: a copy with as few changes as it demands.

CHANGES lists them all. What ministack does not look at, `tests/template` checks on the template itself.
"""

import shutil
import subprocess
from copy import deepcopy
from pathlib import Path

import yaml
from template_reader import ROOT, Template

from .rights import ALSO_ASKED

# What ministack works out in a condition. It takes any other function for true.
KNOWN_IN_CONDITIONS = {"Fn::Equals", "Fn::And", "Fn::Or", "Fn::Not", "Fn::Select", "Ref", "Condition"}


def functions_in(node):
    """The intrinsic functions in a part of a template."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key.startswith("Fn::"):
                yield key
            yield from functions_in(value)
    elif isinstance(node, list):
        for item in node:
            yield from functions_in(item)


def mappings_in(node):
    """All mappings in a part of a template."""
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        for item in node:
            yield from mappings_in(item)


def conditions_are_worked_out(raw, template):
    """A condition with Join or Split in it is written as its value: ministack knows neither there."""
    for name, condition in raw.get("Conditions", {}).items():
        if not KNOWN_IN_CONDITIONS.issuperset(functions_in(condition)):
            raw["Conditions"][name] = {"Fn::Equals": ["yes", "yes" if template.condition(name) else "no"]}


def lists_take_any_value(raw, template):
    """ministack holds a whole list against AllowedValues, where CloudFormation looks at each of its values."""
    for name, parameter in raw["Parameters"].items():
        if parameter["Type"] == "CommaDelimitedList" and "AllowedValues" in parameter:
            # So that the check is still made.
            unknown = set(template.parameters[name]) - set(parameter.pop("AllowedValues"))
            if unknown:
                raise ValueError(f"{name} does not allow {', '.join(sorted(unknown))}")


def plain_http_is_served(raw, _template):
    """Everything here is called by plain HTTP, so a statement that denies this denies nothing."""
    for condition in mappings_in(raw["Resources"]):
        if "aws:SecureTransport" in condition:
            condition["aws:SecureTransport"] = "neither"


def metric_math_watches_nothing(raw, _template):
    """ministack takes no alarm on a metric that is worked out from others. Such an alarm stays, as other
    resources may name it, on a metric that nobody writes."""
    for resource in raw["Resources"].values():
        if resource["Type"] == "AWS::CloudWatch::Alarm" and resource["Properties"].pop("Metrics", None):
            nothing = {"Namespace": "local", "MetricName": "nothing", "Statistic": "Sum", "Period": 300}
            resource["Properties"].update(nothing)


def roles_are_known_by_their_sessions(raw, template):
    """To AWS the aws:PrincipalArn of a session is its role's ARN, to ministack the session's own."""

    def session(role):
        # arn:aws:iam::123456789012:role/a/path/name
        head, name = role.split(":role/")
        return f"{head.replace(':iam:', ':sts:')}:assumed-role/{name.rsplit('/', 1)[-1]}/*"

    for condition in mappings_in(raw["Resources"]):
        if "aws:PrincipalArn" in condition:
            roles = template.resolve(condition["aws:PrincipalArn"])
            condition["aws:PrincipalArn"] = [session(role) for role in roles]


def batches_are_asked_for_by_name(raw, _template):
    """ministack asks for rights to operations that are no actions of IAM, such as sqs:SendMessageBatch."""
    for resource in raw["Resources"].values():
        for statement in mappings_in(resource["Properties"].get("Policies", [])):
            # Where there are several they stand in a list, with conditions in it.
            also = ALSO_ASKED.get(str(statement.get("Action")))
            if also:
                statement["Action"] = [statement["Action"], also]


def concurrency_is_a_number(raw, template):
    """ministack compares the greatest concurrency of a queue's consumers with a number, and a parameter is a text
    to it. Its comparison fails, and no function gets a message of any queue."""
    for scaling in mappings_in(raw["Resources"]):
        if "MaximumConcurrency" in scaling:
            scaling["MaximumConcurrency"] = int(template.resolve(scaling["MaximumConcurrency"]))


CHANGES = [
    conditions_are_worked_out,
    lists_take_any_value,
    plain_http_is_served,
    metric_math_watches_nothing,
    roles_are_known_by_their_sessions,
    batches_are_asked_for_by_name,
    concurrency_is_a_number,
]


def code_is_found(raw, folder, source, binaries):
    """What `sam build` would do: CodeUri names a folder that holds the built function as `bootstrap`. What
    is packaged stays as it is."""
    for resource in raw["Resources"].values():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        properties = resource["Properties"]
        if properties["CodeUri"] != ".":
            if isinstance(properties["CodeUri"], str) and "://" not in properties["CodeUri"]:
                properties["CodeUri"] = str((source.parent / properties["CodeUri"]).resolve())
            continue
        binary = resource["Metadata"]["BuildProperties"]["Binary"]
        properties["CodeUri"] = str(folder / binary)
        bootstrap = folder / binary / "bootstrap"
        if not bootstrap.exists():
            bootstrap.parent.mkdir(parents=True)
            shutil.copy(binaries.function(binary), bootstrap)
            if shutil.which("strip"):
                # A debug build is mostly names for debuggers, and is packed and sent several times.
                subprocess.run(["strip", bootstrap], check=False, capture_output=True)


def read(source=None, **parameters):
    """A template with its parameters; the project's own where no file is named."""

    class Named(Template):
        FILE = str(source or ROOT / "template.yaml")

    return Named(**parameters)


def write(folder, binaries, source=None, **parameters):
    """Writes the copy and the functions into a folder, and returns the copy's path."""
    source = Path(source or ROOT / "template.yaml").resolve()
    template = read(source, **parameters)
    # Each change reads the template as it was.
    raw = deepcopy(template.raw)
    for change in CHANGES:
        change(raw, template)
    code_is_found(raw, folder / "functions", source, binaries)
    folder.mkdir(exist_ok=True, parents=True)
    target = folder / "template.yaml"
    target.write_text(yaml.safe_dump(raw, sort_keys=False))
    return target
