"""What is in the archive, and that the same things make the same bytes."""

import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import pytest
import yaml
from conftest import EPOCH, ROOT, package, stand_ins
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

sys.path.append(str(ROOT / "tests" / "template"))

from template_reader import Template  # noqa: E402 the path comes first

TEMPLATES = {"template.yaml": "x86_64", "template-arm64.yaml": "arm64"}
CODE = {"Poller": "poller", "Worker": "poller", "SlackWebhook": "webhook", "TeamsWebhook": "webhook"}


def texts(folder):
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".zip" and path.parent.parent.name != "bin":
            yield path, path.read_text()


def test_the_same_programs_make_the_same_bytes_elsewhere_and_later(packed, tmp_path):
    programs = stand_ins(tmp_path / "others")
    for path in programs.rglob("*"):
        os.utime(path, (1, 1))
        path.chmod(0o777)
    again = package(programs, tmp_path / "out", TZ="Asia/Tokyo", LC_ALL="C", TMPDIR=str(tmp_path))
    assert again.name == packed.name and again.read_bytes() == packed.read_bytes()


def test_the_archive_is_named_after_the_version_and_has_one_folder(packed):
    with tarfile.open(packed) as tar:
        members = tar.getmembers()
    name = packed.name.removesuffix(".tar.gz")
    assert re.fullmatch(r"amiwatch-\d+\.\d+\.\d+", name)
    assert {member.name.split("/")[0] for member in members} == {name}
    for member in members:
        assert (member.mtime, member.uid, member.gid, member.uname, member.gname) == (EPOCH, 0, 0, "", ""), member
    assert {member.mode for member in members if member.isfile()} == {0o644, 0o755}
    executable = {member.name.split("/", 1)[1] for member in members if member.isfile() and member.mode == 0o755}
    assert executable == {"bin/x86_64/amiwatch", "bin/aarch64/amiwatch"}


def test_the_template_has_the_archives_version(packed):
    application = Template().raw["Metadata"]["AWS::ServerlessRepo::Application"]
    assert packed.name == f"amiwatch-{application['SemanticVersion']}.tar.gz"


def test_an_archive_of_one_processor_says_so_and_has_its_template(tmp_path):
    packed = package(stand_ins(tmp_path / "programs"), tmp_path / "out", "--only", "aarch64")
    assert packed.name.endswith("-aarch64.tar.gz")
    with tarfile.open(packed) as tar:
        names = {member.name.split("/", 1)[-1] for member in tar}
        tar.extractall(tmp_path, filter="data")
    assert "template.yaml" in names and not names & {"template-arm64.yaml", "functions/x86_64", "bin/x86_64"}
    [top] = tmp_path.glob("amiwatch-*")
    assert "functions/arm64/poller.zip" in (top / "template.yaml").read_text()
    assert "template-arm64" not in (top / "README.md").read_text()


def test_the_checksums_are_of_every_file(packed, unpacked):
    sums = dict(reversed(line.split("  ")) for line in (unpacked / "SHA256SUMS").read_text().splitlines())
    found = {
        path.relative_to(unpacked).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in unpacked.rglob("*")
        if path.is_file() and path.name != "SHA256SUMS"
    }
    assert sums == found
    beside = packed.with_name(packed.name + ".sha256").read_text()
    assert beside == f"{hashlib.sha256(packed.read_bytes()).hexdigest()}  {packed.name}\n"


@pytest.mark.parametrize("processor", ["x86_64", "arm64"])
@pytest.mark.parametrize("function", ["poller", "webhook"])
def test_a_function_is_a_zip_with_an_executable_bootstrap(unpacked, processor, function):
    with zipfile.ZipFile(unpacked / "functions" / processor / f"{function}.zip") as archive:
        [info] = archive.infolist()
        code = archive.read(info)
    assert info.filename == "bootstrap" and info.create_system == 3
    assert info.external_attr >> 16 == 0o100755
    # A zip knows only even seconds.
    assert info.date_time[:5] == time.gmtime(EPOCH)[:5]
    assert code.decode().startswith(f"{function} for {'aarch64' if processor == 'arm64' else processor}")


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_the_projects_but_for_the_code(unpacked, name):
    class Packaged(Template):
        FILE = str(unpacked / name)

    packaged, source = Packaged().raw, yaml.safe_load(json.dumps(Template().raw))
    for resource, binary in CODE.items():
        function = source["Resources"][resource]
        assert function["Metadata"].pop("BuildMethod") == "rust-cargolambda"
        assert function["Metadata"].pop("BuildProperties") == {"Binary": binary}
        zipped = f"functions/{TEMPLATES[name]}/{binary}.zip"
        assert (unpacked / zipped).is_file()
        function["Properties"] |= {"CodeUri": zipped, "Architectures": [TEMPLATES[name]]}
    del source["Parameters"]["Architecture"]
    for group in source["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]:
        group["Parameters"] = [parameter for parameter in group["Parameters"] if parameter != "Architecture"]
    assert packaged == source
    # The comments came along.
    assert (unpacked / name).read_text().count("#") > 100


def test_cfn_lint_finds_nothing(unpacked):
    # The other processor's template differs in names alone, as the test above says.
    command = [Path(sys.executable).with_name("cfn-lint"), "--regions", "us-east-1", "--template", "template.yaml"]
    environment = os.environ | {"AWS_DEFAULT_REGION": "us-east-1"}
    done = subprocess.run(command, cwd=unpacked, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_sam_is_configured_to_deploy_and_not_to_build(unpacked):
    text = (unpacked / "samconfig.toml").read_text()
    assert "build" not in text
    deploy = (ROOT / "samconfig.toml").read_text().split("[default.deploy.parameters]")[1]
    assert text.endswith(deploy)


def test_no_text_names_a_folder_of_this_machine(unpacked, packed):
    folders = {str(ROOT), str(Path.home()), str(packed.parent.parent), sys.prefix, "/tmp/release"}
    for path, text in texts(unpacked):
        named = {folder for folder in folders if f"{folder}/" in text}
        assert not named, f"{path} names {named}"


def test_every_link_leads_to_something_in_the_archive(unpacked):
    for path, text in texts(unpacked):
        if path.suffix == ".md":
            for target in re.findall(r"\]\(([^)\s#]+)[^)\s]*\)", text):
                assert "://" in target or (path.parent / target).is_file(), f"{path}: {target}"


def test_the_manual_comes_from_the_program_of_this_machine(unpacked):
    assert (unpacked / "man/amiwatch.1").read_text() == ".TH amiwatch 1\n"
    assert (unpacked / "completions/_amiwatch").read_text() == "completions for zsh\n"
    assert len(list((unpacked / "completions").iterdir())) == 5


@pytest.fixture(scope="module")
def bill(unpacked):
    return json.loads((unpacked / "sbom.cdx.json").read_text())


def test_the_bill_of_materials_is_valid_cyclonedx(unpacked):
    text = (unpacked / "sbom.cdx.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def reached(bill, start):
    """What a component contains, in the end."""
    needs = {one["ref"]: one["dependsOn"] for one in bill["dependencies"]}
    found, open_ones = set(), [start]
    while open_ones:
        for ref in needs[open_ones.pop()]:
            if ref not in found:
                found.add(ref)
                open_ones.append(ref)
    return {ref.rsplit("@", 1)[0] for ref in found}


def test_the_bill_tells_the_command_lines_packages_from_the_functions(bill):
    poller, amiwatch = reached(bill, "functions/x86_64/poller.zip"), reached(bill, "bin/x86_64/amiwatch")
    assert {"aws-sdk-ec2", "lambda_runtime", "ring"} <= poller & amiwatch
    assert {"clap", "rusqlite", "sqlite", "amiwatch-simulator", "pkg:npm/echarts"} <= amiwatch - poller
    # Not what only the tests, and what only the compiler, uses.
    assert not {"insta", "proptest", "cc", "syn"} & (poller | amiwatch)


def test_everything_in_the_bill_is_in_a_program(bill):
    everything = {one["bom-ref"].rsplit("@", 1)[0] for one in bill["components"] if one["type"] == "library"}
    inside = {name for one in bill["components"] if one["type"] == "application" for name in reached(bill, one["bom-ref"])}
    assert everything == inside


def test_everything_in_the_bill_has_its_licence(bill, unpacked):
    index, _, rest = (unpacked / "licences/THIRD-PARTY.txt").read_text().partition("=" * 100)
    packages = [one for one in bill["components"] if "purl" in one]
    assert len(packages) > 150
    for one in packages:
        assert f"\n{one['name']} {one['version']}: {one['licenses'][0]['expression']}\n" in index
        assert f"\n{one['name']} {one['version']}\n" in rest
