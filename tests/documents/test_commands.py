"""Every command that a document tells a reader to type can be typed: it is run here, or held against what its program
takes, or stands below with the reason why neither."""

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from contextlib import contextmanager

import checking
import documented
import pytest
from programs import ACCOUNT, ROOT, Simulator, environment

# Commands of other programs, whose options no test can look up everywhere.
UNPACKS = "tests/release makes an archive and unpacks it"
INSTALLS = "installs from PyPI; the tests install the versions of tests/requirements*.txt"
MACHINE = "changes the machine; tests/suite starts `watch` with the options of the unit"
SHELL = "is the shell's own"
NOT_CHECKED = {
    "tar xzf amiwatch-VERSION.tar.gz": UNPACKS,
    "cd amiwatch-VERSION": UNPACKS,
    "tar xzf target/release-archive/amiwatch-VERSION.tar.gz -C /tmp": UNPACKS,
    "cd /tmp/amiwatch-VERSION": UNPACKS,
    "sha256sum --check --quiet SHA256SUMS": "tests/release holds SHA256SUMS against every file",
    "pip install aws-sam-cli": INSTALLS,
    "pip install aws-sam-cli cargo-lambda ziglang": INSTALLS,
    "read -rs URL": SHELL,
    "uname -m": "names the folder of the archive's programs, which tests/release looks into",
    "git diff -- *.snap": "shows what is not committed",
    "rustup target add aarch64-unknown-linux-gnu": "downloads a toolchain; release.yml does it",
    "jq .detail": "is another program that reads what ours writes",
    "install bin/$(…)/amiwatch ~/.local/bin": "is for the machine of a reader",
    "sudo install -m 755 target/release/amiwatch /usr/local/bin/": MACHINE,
    "sudo install -d -m 700 /etc/amiwatch": MACHINE,
    "sudo install -m 600 /dev/stdin /etc/amiwatch/slack-url": MACHINE,
    "sudo install -m 644 docs/systemd/amiwatch.service /etc/systemd/system/": MACHINE,
    "sudo systemctl enable --now amiwatch": MACHINE,
    "journalctl -u amiwatch": MACHINE,
    "…/venv-local-…/bin/python -m pytest tests/local_stack": "is a step of tests/run",
}
# Code in running text that begins like a command and is none.
NO_COMMANDS = {"amiwatch Target State Change"}
# Stands for any of them.
ANY_COMMAND = "COMMAND"


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """A folder in which the files that the documents name are there."""
    for name in ("template.yaml", "member-role.yaml", "chat.yaml", "events", "scenarios"):
        (tmp_path / name).symlink_to(ROOT / name)
    [targets] = [text for text in json_of("docs/fleet.md") if "targets" in text]
    (tmp_path / "targets.json").write_text(json.dumps(targets))
    (tmp_path / "body.json").write_text((ROOT / "events/webhook-event.json").read_text())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def json_of(name):
    for language, _, lines in documented.blocks((ROOT / name).read_text()):
        if language == "json":
            yield json.loads("\n".join(lines))


def name_of(command):
    return " ".join(command.words).replace(documented.SUBSTITUTED, "$(…)")


def is_known(command):
    return name_of(command) in NOT_CHECKED


@pytest.mark.parametrize("name", documented.documents())
def test_each_command_of_a_block_is_one_that_its_program_takes(name, binary, workplace):
    wrong = []
    for command in documented.in_blocks([name]):
        # Variables alone, or `export` and more of them.
        if not command.words or command.words[0] == "export" or is_known(command) or command.words[0] == "curl":
            continue
        found = checking.faults(binary, command)
        if found is None:
            found = ["nothing here knows its program: have it checked, or name it in NOT_CHECKED with the reason"]
        wrong += [f"{command}: {fault}" for fault in found]
    assert wrong == []


class Programs:
    def __contains__(self, word):
        return word in ("aws", "amiwatch", "sam", "cargo") or checking.is_script(word)


@pytest.mark.parametrize("name", documented.documents())
def test_each_command_in_running_text_has_only_options_that_there_are(name, binary, workplace):
    wrong = []
    for command in documented.in_text(Programs(), [name]):
        if " ".join(command.words) in NO_COMMANDS or ANY_COMMAND in command.words:
            continue
        wrong += [f"{command}: {fault}" for fault in checking.faults(binary, command, whole=False) or []]
    assert wrong == []


def test_commands_stand_in_console_blocks():
    # Anywhere else they would be missed here.
    for name in documented.documents():
        for language, first, lines in documented.blocks((ROOT / name).read_text()):
            assert language not in ("", "sh", "bash", "shell", "zsh", "cmd"), f"{name}:{first} says no language, or a shell's"
            assert language == "console" or not any(line.startswith("$ ") for line in lines), f"{name}:{first}"


def test_the_documents_have_commands_of_each_program():
    seen = [command.words[0] for command in documented.in_blocks() if command.words]
    assert len(seen) > 100
    assert {"aws", "sam", "amiwatch", "cargo", "tests/run", "curl"} <= set(seen)


def test_no_reason_is_left_for_a_command_that_is_gone():
    commands = {name_of(command) for command in documented.in_blocks()}
    assert NOT_CHECKED.keys() - commands == set()


def test_cron_calls_a_command_that_there_is(binary):
    lines = [
        line
        for name in documented.documents()
        for language, _, block in documented.blocks((ROOT / name).read_text())
        if language == "text"
        for line in block
        if re.match(r"\S+( \*){4} ", line)
    ]
    assert lines
    for line in lines:
        [command] = documented.simple(line.split(" * * * * ")[1], "cron")
        words = [word.replace("TOPIC_ARN", f"arn:aws:sns:us-east-1:{ACCOUNT}:topic") for word in command.words if word != "2"]
        assert checking.amiwatch(binary, words, whole=True) == []


@pytest.mark.parametrize(
    "line",
    [
        "amiwatch lst",
        "amiwatch list --runing",
        "amiwatch list --since yesterday",
        "amiwatch history --all-regions",
        "amiwatch wait --timeout",
        "cargo run -- demo --fast",
        "cargo test --feature webhook",
        "cargo build --features webhooks",
        "cargo build --bin amiwatchd",
        "cargo fast",
        "tests/run --quick",
        "tests/ran",
        "tests/local --templat template.yaml",
        "sam deploy --guide",
        "sam launch",
        "sam deploy --parameter-overrides Emails=you@example.com",
        "sam deploy --parameter-overrides Regions=all,us-east-1",
        "aws lamda invoke",
        "aws lambda invoke --function NAME out",
        "aws lambda invoke --function-name NAME",
        "aws lambda invoke --function-name NAME --cli-binary-format raw /dev/stdout",
        "aws sqs receive-message --queue-url URL --max-number-of-messages ten",
        "aws dynamodb create-table --table-name x --attribute-definitions AttributeName=pk,Type=S",
        "aws dynamodb wait table-there --table-name NAME",
        "aws dynamodb wait table-exists --table NAME",
        "aws ssm put-parameter --name /amiwatch/targets --value file://nowhere.json",
        "aws cloudformation describe-stacks --query Stack[0].Outputs",
        "aws cloudformation describe-stacks --query \"Stacks[0].Outputs[?ends_with(OutputKey, 'Arn')].[OutputName]\"",
        "aws cloudformation deploy --stack-name x --template-file chat.yaml --parameter-overrides Topic=ARN",
        "aws cloudformation deploy --stack-name x --template-file chats.yaml",
        "aws cloudformation deploy --template-file chat.yaml",
    ],
)
def test_a_command_that_cannot_be_typed_is_found(line, binary, workplace):
    [command] = documented.simple(line, "here")
    assert checking.faults(binary, command)


@pytest.mark.parametrize("line", ["amiwatch list --runing", "aws sqs purge", "aws s3 rm --recursiv", "sam delete --stack"])
def test_one_in_running_text_is_found_too(line, binary):
    [command] = documented.simple(line, "here")
    assert checking.faults(binary, command, whole=False)


def test_a_program_that_nothing_knows_is_accounted_for_by_nobody(binary):
    [command] = documented.simple("terraform apply", "here")
    assert checking.faults(binary, command) is None and not is_known(command)


@pytest.mark.parametrize("subcommand", checking.SAM)
def test_the_sam_cli_has_the_options_that_the_documents_give_it(subcommand):
    sam = os.environ.get("AMIWATCH_TEST_SAM") or pytest.skip("tests/run without 'fast' installs the AWS SAM CLI")
    variables = {**os.environ, "SAM_CLI_TELEMETRY": "0", "COLUMNS": "300"}
    done = subprocess.run([sam, subcommand, "--help"], env=variables, capture_output=True, text=True, check=True)
    assert checking.SAM[subcommand] <= set(re.findall(r"--[a-z][\w-]*", done.stdout))


# From here on commands are run as they are printed.


@contextmanager
def typed(binary, folder, **variables):
    """Types commands, in one shell's environment after the other, where `amiwatch` and `aws` are found."""
    programs = folder / "programs"
    programs.mkdir()
    (programs / "amiwatch").symlink_to(binary)
    beside = os.path.join(os.path.dirname(sys.executable), "aws")
    (programs / "aws").symlink_to(beside if os.path.exists(beside) else shutil.which("aws"))
    shell = {**environment(folder), "PATH": f"{programs}:{os.environ['PATH']}", **variables}
    simulators = []

    def type_in(text):
        """What a command prints on stdout. `export` stays; `amiwatch sim` stays until the end."""
        if simulators:
            text = re.sub(r"http://127\.0\.0\.1:\d+", simulators[0].url, text)
        [first, *_] = documented.simple(text, "here")
        if first.words[0] == "export":
            shell.update(word.split("=", 1) for word in first.words[1:])
            return ""
        if first.words[:2] == ("amiwatch", "sim"):
            simulators.append(Simulator(binary, *first.words[2:]))
            return f"listening on {simulators[0].url}\n"
        done = subprocess.run(["bash", "-c", text], cwd=ROOT, env=shell, capture_output=True, text=True, timeout=90)
        assert done.returncode == 0, f"{text}: {done.stdout}{done.stderr}"
        return done.stdout

    try:
        yield type_in
    finally:
        for one in simulators:
            one.end()


def blocks_of(name, *begins):
    """The console blocks of a document in which a line begins so."""
    for language, _, lines in documented.blocks((ROOT / name).read_text()):
        if language == "console" and any(line.startswith(f"$ {begin}") for line in lines for begin in begins):
            yield list(documented.entries(lines))


def test_the_demo_ends_as_the_readme_says(binary):
    readme = " ".join((ROOT / "README.md").read_text().split())
    assert "cargo run -- demo" in readme
    said = re.search(r"ends with (\d+) notifications: (\d+) completed, (\d+) failed", readme)
    done = subprocess.run([binary, "demo"], capture_output=True, text=True, timeout=90, check=True)
    told = re.search(r"(\d+) notifications.*: (\d+) completed, (\d+) failed", done.stderr)
    assert told and told.groups() == said.groups(), done.stderr


@pytest.mark.parametrize("name", ["docs/simulator.md", "simulator/README.md"])
def test_the_simulator_serves_clients_as_it_is_shown(name, binary, tmp_path):
    blocks = list(blocks_of(name, "amiwatch sim", "export"))
    with typed(binary, tmp_path) as type_in:
        for block in blocks:
            for command, shown in block:
                printed = type_in(command)
                if shown and not shown[0].startswith("listening"):
                    assert printed.splitlines() == shown
                elif "describe-store-image-tasks" in command:
                    assert json.loads(printed)["StoreImageTaskResults"]


def test_the_scenarios_that_are_shown_are_taken(binary, tmp_path):
    shown = documented.blocks((ROOT / "simulator/README.md").read_text())
    texts = ["\n".join(lines) for language, _, lines in shown if language == "yaml"]
    assert len(texts) == 2
    for number, text in enumerate(texts):
        scenario = tmp_path / f"{number}.yaml"
        scenario.write_text(text)
        started = Simulator(binary, "--scenario", str(scenario))
        started.end()
        assert started.url.startswith("http://")


def test_tasks_and_faults_are_made_on_the_local_stack_as_it_is_shown(binary, simulator, tmp_path):
    # These calls of a local stack end at the simulator. tests/local_stack runs the stack itself.
    blocks = [*blocks_of("docs/local.md", "aws ec2"), *blocks_of("docs/local.md", "curl")]
    assert len(blocks) == 2
    with typed(binary, tmp_path, AWS_ENDPOINT_URL=simulator.url, SIMULATOR=simulator.url) as type_in:
        printed = [type_in(command) for block in blocks for command, _ in block]
    assert json.loads(printed[0])["ObjectKey"] == "ami-0123456789abcdef0.bin"
    assert json.loads(printed[1])["store_tasks"] and json.loads(printed[2])["id"]
    with urllib.request.urlopen(f"{simulator.url}/_sim/calls", timeout=10) as answer:
        assert [call["action"] for call in json.load(answer)["calls"]] == ["CreateStoreImageTask"]


# What runs until it is ended, and what waits for what is not there, is only parsed. `doctor` looks for a stack.
ONLY_PARSED = {"watch", "wait", "sim", "demo"}
# A task and a stack of these names are nowhere, and an endpoint may be one service's alone.
MAY_FAIL = {"explain", "doctor"}


def test_the_examples_of_the_command_line_run(binary, simulator, tmp_path):
    ran = set()
    with typed(binary, tmp_path, AWS_ENDPOINT_URL=simulator.url) as type_in:
        (tmp_path / ".local/share/bash-completion/completions").mkdir(parents=True)
        (tmp_path / ".local/share/man/man1").mkdir(parents=True)
        for block in blocks_of("docs/reference/cli.md", "amiwatch"):
            for command, _ in block:
                subcommand = command.split()[1]
                if subcommand in ONLY_PARSED:
                    continue
                if subcommand in MAY_FAIL:
                    type_in(f"{command} || test $? = 2")
                elif "jq" in command:
                    type_in(command.split("|")[0])
                else:
                    type_in(command)
                ran.add(subcommand)
    assert ran == {"list", "poll", "history", "explain", "doctor", "render", "completions", "man"}
    assert (tmp_path / ".local/share/bash-completion/completions/amiwatch").read_text()
    assert (tmp_path / ".local/share/man/man1/amiwatch.1").is_file()


@pytest.fixture
def local_aws():
    server = [sys.executable, str(ROOT / "tests/support/moto_server.py")]
    process = subprocess.Popen(server, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    yield process.stdout.readline().strip().removeprefix("listening on ")
    process.stdin.close()
    process.wait(timeout=10)


def test_a_table_that_is_made_anew_is_one_that_amiwatch_can_use(binary, local_aws, simulator, tmp_path):
    [anew] = blocks_of("docs/operations/recovery.md", "aws dynamodb create-table")
    endpoints = {"AWS_ENDPOINT_URL": simulator.url, "AWS_ENDPOINT_URL_DYNAMODB": local_aws}
    with typed(binary, tmp_path, **endpoints) as type_in:
        for command, _ in anew:
            type_in(command)
        report = json.loads(type_in("amiwatch doctor --table amiwatch-anew --output json"))
    of_the_table = [one for one in report if "amiwatch-anew" in json.dumps(one)]
    assert len(of_the_table) >= 2 and all('"ok"' in json.dumps(one) for one in of_the_table), report


def test_subscriptions_and_the_targets_document_are_made_as_it_is_shown(binary, local_aws, workplace):
    with typed(binary, workplace, AWS_ENDPOINT_URL=local_aws) as type_in:
        topic = json.loads(type_in("aws sns create-topic --name amiwatch"))["TopicArn"]
        queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:queue"
        filters = list(blocks_of("docs/guide/subscribers.md", "aws sns subscribe"))
        assert len(filters) == 3
        for [(command, _)] in filters:
            type_in(command.replace("TOPIC_ARN", topic).replace("QUEUE_ARN", queue))
        [[(listed, _)]] = blocks_of("docs/operations.md", "aws sns list-subscriptions-by-topic")
        assert isinstance(json.loads(type_in(listed.replace("ARN", topic))), list)
        [[(put, _), _]] = blocks_of("docs/fleet.md", "aws ssm put-parameter")
        type_in(put.replace("targets.json", str(workplace / "targets.json")))
        got = json.loads(type_in("aws ssm get-parameter --name /amiwatch/targets"))["Parameter"]["Value"]
    assert json.loads(got) == json.loads((workplace / "targets.json").read_text())
