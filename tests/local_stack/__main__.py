"""The command line: deploys amiwatch and keeps it running."""

import argparse
import shutil
import signal
import sys
import tempfile
import threading
from pathlib import Path

from . import binaries, caller, cloud, deploying
from .children import TooLate

STACK = "amiwatch"
PARAMETERS = {"Email": "you@example.com", "SlackWebhookParameter": cloud.WEBHOOK_PARAMETERS["slack"]}
# Long enough to see it run, short enough to wait for.
SCENARIO = {"settings": {"store_duration": "90s", "bundle_duration": "90s", "transfer_duration": "90s"}}


def say(text):
    print(text, flush=True)


def pair(text):
    name, separator, value = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError(f"{text} is no parameter: write NAME=VALUE")
    return name, value


def arguments():
    parser = argparse.ArgumentParser(
        prog="tests/local",
        description="Deploys amiwatch on this machine, without an AWS account, and keeps it running until ctrl-c.",
        epilog="docs/local.md says what runs, and what differs from AWS.",
    )
    parser.add_argument("--for", dest="seconds", type=float, metavar="SECONDS", help="end by itself after so long")
    parser.add_argument(
        "--binaries", metavar="FOLDER", help="where amiwatch, poller and webhook are; default: as tests/run built them"
    )
    parser.add_argument("--template", type=Path, metavar="FILE", help="another template, such as a release's packaged one")
    parser.add_argument(
        "--parameter", type=pair, action="append", default=[], metavar="NAME=VALUE", help="a parameter of the template"
    )
    parser.add_argument("--auth", choices=["on", "off"], default="on", help="whether IAM is enforced; default: on")
    return parser.parse_args()


def write_environment(path, endpoint, aws, stack, queue, simulator):
    names = {
        **caller.variables(endpoint),
        "TOPIC": stack.outputs["TopicArn"],
        "FUNCTION": stack.outputs["FunctionName"],
        "LOG": stack.outputs["LogGroupName"],
        "TABLE": stack.outputs["TableName"],
        "QUEUE": queue,
        "SIMULATOR": simulator,
    }
    lines = [f"export {name}='{value}'" for name, value in names.items()]
    # Version 1 of the AWS CLI sends `aws sqs` to AWS in spite of AWS_ENDPOINT_URL.
    lines.append(f"""aws() {{ '{aws}' --endpoint-url '{endpoint}' "$@"; }}""")
    path.write_text("\n".join(lines) + "\n")


def show(running, queue, environment):
    say(f"""
amiwatch is deployed, and polls once a minute. In another shell:

  source {environment}

  # the first poll is the baseline: what ended before it is not told
  aws dynamodb scan --table-name $TABLE --select COUNT
  # a store task; it ends after 90 seconds, and is told by the next poll
  aws ec2 create-store-image-task --image-id ami-0123456789abcdef0 --bucket my-bucket
  # one that fails
  curl -d '{{"store_tasks": [{{"image_id": "ami-0fedcba9876543210", "bucket": "my-bucket",
    "duration": "30s", "end": "Failed", "reason": "The bucket is gone."}}]}}' $SIMULATOR/_sim/tasks
  # the next three listings are throttled
  curl -d '{{"kind": "throttle", "action": "DescribeStoreImageTasks", "next": 3}}' $SIMULATOR/_sim/faults
  # poll now; read the function's log
  aws lambda invoke --function-name $FUNCTION /dev/stdout
  aws logs filter-log-events --log-group-name $LOG --query 'events[].[message]' --output text

  mails     {running.mails.folder}
  Slack     {running.webhooks.folder}
  queue     aws sqs receive-message --queue-url $QUEUE
  logs      {running.folder}
""")


def run(given, folder):
    programs = binaries.find(given.binaries)
    parameters = PARAMETERS | dict(given.parameter)
    with cloud.running(folder, programs, SCENARIO, auth=given.auth == "on", heard=say) as running:
        say(f"AWS is at {running.endpoint}")
        stack = deploying.deploy(running, STACK, given.template, **parameters)
        queue = running.subscribe_queue(stack.outputs["TopicArn"], "listener")
        environment = folder / "env"
        aws = Path(sys.executable).with_name("aws")
        write_environment(environment, running.endpoint, aws, stack, queue, running.simulator.url)
        show(running, queue, environment)
        threading.Event().wait(given.seconds)


def end(*_):
    # Once: a second signal would leave what is not ended yet.
    for kind in (signal.SIGINT, signal.SIGTERM):
        signal.signal(kind, signal.SIG_IGN)
    raise KeyboardInterrupt


def main():
    given = arguments()
    for kind in (signal.SIGINT, signal.SIGTERM):
        signal.signal(kind, end)
    folder = Path(tempfile.mkdtemp(prefix="amiwatch-"))
    try:
        run(given, folder)
    except KeyboardInterrupt:
        pass
    # The reader of templates asserts.
    except (binaries.Missing, deploying.NotDeployed, TooLate, OSError, ValueError, AssertionError) as error:
        sys.exit(f"tests/local: {error}\nlogs: {folder}")
    except BaseException:
        say(f"logs: {folder}")
        raise
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
