"""Whether a command that is written down could be typed: each program's own parser says so."""

import contextlib
import functools
import io
import json
import os
import re
import subprocess
import sys
from unittest import mock

import awscli.clidriver
import botocore.validate
import jmespath
from botocore.utils import ArgumentGenerator
from programs import REGION, ROOT

sys.path.append(str(ROOT / "tests" / "template"))

from template_reader import Template, _read  # noqa: E402 the path comes first

# What only version 2 of the AWS CLI has. The tests have version 1, as version 2 is not on PyPI.
OF_VERSION_2 = {"--cli-binary-format": {"base64", "raw-in-base64-out"}}
COMMANDS_OF_VERSION_2 = {"aws configure export-credentials --format env"}
LONG_ARN = "arn:aws:service:us-east-1:123456789012:kind/0123456789abcdef0"
# The options of the AWS SAM CLI that are used here. A test holds them against its help where it is installed.
SAM = {
    "build": {"--parameter-overrides"},
    "deploy": {"--guided", "--parameter-overrides", "--tags", "--template-file"},
    "delete": {"--stack-name"},
    "package": {"--s3-bucket", "--output-template-file"},
    "publish": {"--template", "--region"},
    "validate": set(),
}


def aws(words, whole):
    """Faults of an `aws` command. A whole one is parsed as the AWS CLI parses it, and what it would send is held against
    the service's model."""
    # A placeholder is shorter than what it stands for may be.
    words = [re.sub(r"\b[A-Z_]*ARN\b", LONG_ARN, word) for word in words[1:]]
    for option, values in OF_VERSION_2.items():
        if option in words:
            at = words.index(option)
            if words[at + 1] not in values:
                return [f"{option} takes {sorted(values)}"]
            del words[at : at + 2]
    # The AWS CLI also takes the beginning of an option's name for it, which a document should not count on.
    return aws_named(words) or (aws_typed(words) if whole and "…" not in words else [])


def aws_typed(words):
    sent, out, err = [], io.StringIO(), io.StringIO()

    def invoke(self, service, operation, parameters, _):
        sent.append((service, operation, parameters))
        return 0

    variables = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": REGION}
    variables |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    # What is no call of a service's API, such as a wait, is not begun.
    with (
        mock.patch.dict(os.environ, variables),
        mock.patch("awscli.clidriver.CLIOperationCaller.invoke", invoke),
        mock.patch("awscli.customizations.waiters.WaiterCaller.invoke", lambda *_: 0),
        mock.patch("awscli.customizations.cloudformation.deploy.DeployCommand._run_main", lambda *_: 0),
        mock.patch("awscli.customizations.cloudformation.package.PackageCommand._run_main", lambda *_: 0),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        driver = awscli.clidriver.create_clidriver()
        try:
            code = driver.main(words)
        except SystemExit as exit:
            code = exit.code
    if code != 0:
        return [err.getvalue().strip().splitlines()[-1] if err.getvalue().strip() else f"the AWS CLI ends with {code}"]
    faults = []
    for service, operation, parameters in sent:
        model = driver.session.get_service_model(service).operation_model(operation)
        report = botocore.validate.ParamValidator().validate(parameters, model.input_shape)
        faults += [report.generate_report()] if report.has_errors() else []
        if "--query" in words:
            faults += queried(words[words.index("--query") + 1], model.output_shape)
    return faults


def queried(query, shape):
    """Faults of a query: it has to find something in an answer that has everything."""
    everything = ArgumentGenerator(use_member_names=True).generate_skeleton(shape)
    # A filter is about values, which a made-up answer has not.
    found = jmespath.search(re.sub(r"\[\?.*?\](?=\.|$)", "[]", query), everything)

    def holes(value):
        return value is None or value == [] or (isinstance(value, list) and any(map(holes, value)))

    return [f"--query {query} finds nothing in {shape.name}"] if holes(found) else []


def aws_named(words):
    """Faults in the names of a command that is not written out in full."""
    driver = awscli.clidriver.create_clidriver()
    known = {f"--{name}" for name in driver._get_argument_table()}
    command, tables = None, driver._get_command_table()
    position = 0
    while position < len(words) and not words[position].startswith("-") and tables:
        if words[position] not in tables:
            return [f"there is no `aws {' '.join(words[: position + 1])}`"]
        command = tables[words[position]]
        position += 1
        tables = getattr(command, "subcommand_table", None)
        if tables is None and hasattr(command, "_get_command_table"):
            tables = command._get_command_table()
    known |= {f"--{name}" for name in getattr(command, "arg_table", {})}
    used = [word.split("=")[0] for word in words[position:] if word.startswith("--")]
    return [f"`aws {' '.join(words[:position])}` has no {option}" for option in used if option not in known]


def overrides(words):
    """The parameters that a command gives to a template."""
    for option in ("--parameter-overrides", "--parameters"):
        if option in words:
            for word in words[words.index(option) + 1 :]:
                if word.startswith("--"):
                    break
                if found := re.match(r"ParameterKey=([^,]+),(?:ParameterValue|UsePreviousValue)=(.*)", word):
                    yield found[1], found[2]
                elif "=" in word and not word.startswith("ParameterKey"):
                    yield tuple(word.split("=", 1))


def templated(words):
    """Faults of the template that a command names, and of the parameters that it gives."""
    files = [words[words.index(option) + 1] for option in ("--template-file", "--template-body") if option in words]
    name = files[0].removeprefix("file://") if files else "template.yaml"
    if name in ("packaged.yaml", "template-arm64.yaml"):
        # Made of template.yaml.
        name = "template.yaml"
    if not (ROOT / name).is_file():
        return [f"there is no {name}"]
    given = dict(overrides(words))
    known = _read(name)["Parameters"]
    unknown = [f"{name} has no parameter {parameter}" for parameter in given if parameter not in known]
    if unknown or name != "template.yaml":
        return unknown
    return [] if Template(**given).accepted() else [f"{name} does not accept {given}"]


def sam(words, whole):
    if len(words) < 2 or words[1] not in SAM:
        return [f"`{' '.join(words[:2])}` is not known here: add it to SAM, which is held against its help"]
    used = {word for word in words[2:] if word.startswith("--")}
    unknown = [f"`sam {words[1]}` is not known to have {option}" for option in used - SAM[words[1]]]
    return unknown or (templated(words) if words[1] in ("build", "deploy") else [])


def amiwatch(binary, words, whole):
    """Faults that clap finds. It reads from the left, and stops at the --help that is added."""
    done = subprocess.run([binary, *words[1:], "--help"], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return []
    error = done.stderr.splitlines()[0]
    # In running text an option may stand without its value, and N for a number.
    if not whole and re.search(r"a value is required|invalid value '\$?[A-Z…]+'", error):
        return []
    return [error]


@functools.cache
def manifest():
    """The packages of the workspace, as Cargo reads them."""
    command = ["cargo", "metadata", "--format-version", "1", "--no-deps", "--locked", "--offline"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["packages"]


@functools.cache
def cargo_help(subcommand):
    done = subprocess.run(["cargo", subcommand, "--help"], capture_output=True, text=True, check=False)
    return set(re.findall(r"(?<![\w-])(--?[a-zA-Z][\w-]*)", done.stdout)) if done.returncode == 0 else None


def cargo(binary, words, whole):
    own, _, passed = split(words, "--")
    subcommand = own[1]
    if subcommand in ("deny", "lambda"):
        # Programs of their own, which the tests do not install.
        return features(own)
    known = cargo_help(subcommand)
    if known is None:
        return [f"there is no `cargo {subcommand}`"]
    faults = [f"`cargo {subcommand}` has no {word}" for word in own[2:] if word.startswith("-") and word not in known]
    faults += features(own)
    if subcommand == "run" and "-p" not in own:
        faults += amiwatch(binary, ["amiwatch", *passed], whole) if passed != ["…"] else []
    return faults + targets(own)


def split(words, separator):
    words = list(words)
    at = words.index(separator) if separator in words else len(words)
    return words[:at], separator, words[at + 1 :]


def features(words):
    if "--features" not in words:
        return []
    wanted = words[words.index("--features") + 1].split(",")
    [known] = [package["features"] for package in manifest() if package["name"] == "amiwatch"]
    return [f"there is no feature {name}" for name in wanted if name not in known]


def targets(words):
    made = {(kind, target["name"]) for package in manifest() for target in package["targets"] for kind in target["kind"]}
    made |= {("package", package["name"]) for package in manifest()}
    named = {"--bin": "bin", "--test": "test", "--example": "example", "-p": "package"}
    wanted = [(named[word], words[at + 1]) for at, word in enumerate(words) if word in named]
    return [f"there is no {' '.join(one)}" for one in wanted if one not in made]


# Where a script's options are read, if that is not in the script.
PARSERS = {
    "tests/local": ["tests/local_stack/__main__.py"],
    "bench/run": ["bench/compare.py"],
    "bench/fleet": ["bench/fleet.py"],
    "scripts/release": [],
    "bench/mutants": [],
}
# Passed on to cargo-mutants.
PASSED_ON = {"bench/mutants": {"-F"}}


def script(words, whole):
    """Faults of a script of the repository: it is there, it can be run, and its text knows what it is given."""
    name = words[0].removeprefix("…/")
    path = ROOT / name
    if not path.is_file() or not os.access(path, os.X_OK):
        return [f"there is no program {name}"]
    texts = [path.read_text(), *((ROOT / parser).read_text() for parser in PARSERS.get(name, []))]
    known = set(re.findall(r"(?<![\w-])--?[a-zA-Z][\w-]*", "\n".join(texts))) | PASSED_ON.get(name, set())
    known |= {"--help"}
    return [f"{name} knows no {word}" for word in words[1:] if word.startswith("-") and word not in known]


def is_script(word):
    return "/" in word and (ROOT / word.removeprefix("…/").split("/")[0]).is_dir() and not word.startswith("target/")


def faults(binary, command, whole=True):
    """What is wrong with a command, or none where no parser here knows its program."""
    words = list(command.words)
    program = words[0] if words else ""
    if " ".join(words) in COMMANDS_OF_VERSION_2:
        return []
    if program == "aws":
        found = aws(words, whole)
        deploys = words[1:3] in (["cloudformation", "deploy"], ["cloudformation", "create-stack-set"])
        return found + (templated(words) if deploys else [])
    if program == "sam":
        return sam(words, whole)
    if program == "amiwatch":
        return amiwatch(binary, words, whole)
    if program == "cargo":
        return cargo(binary, words, whole)
    if is_script(program):
        return script(words, whole)
    return None
