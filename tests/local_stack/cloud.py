"""All of AWS that amiwatch knows, on this machine: what runs, and how it is reached."""

import json
import sys
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

import boto3
from botocore.config import Config

from . import caller, simulator, standins
from .children import Children, free_port
from .gate import Gate
from .mails import Mails
from .serving import serving
from .webhooks import APPS, Webhooks

# Where the webhooks' URLs are kept.
WEBHOOK_PARAMETERS = {app: f"/amiwatch/{app}" for app in APPS}


class Cloud:
    """A running AWS."""

    def __init__(self, folder, binaries):
        self.folder = folder
        self.binaries = binaries
        self.endpoint = self.simulator = self.mails = self.webhooks = None
        # One of each; making one takes a while.
        self.client = cache(self.client)

    def client(self, service, endpoint=None, account=caller.ACCOUNT):
        """A client of an account's root user."""
        # A function may run for minutes, and a call that is tried again is made twice.
        config = Config(read_timeout=180, retries={"total_max_attempts": 1}, proxies={})
        return boto3.client(
            service, endpoint_url=endpoint or self.endpoint, region_name=caller.REGION, config=config,
            aws_access_key_id=account, aws_secret_access_key=caller.SECRET,
        )  # fmt: skip

    def queue(self, name, service, source):
        """Makes a queue to which a source may send, and returns its URL and ARN."""
        sqs = self.client("sqs")
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = f"arn:aws:sqs:{caller.REGION}:{caller.ACCOUNT}:{name}"
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": source}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        return url, arn

    def subscribe_queue(self, topic, name):
        """Subscribes a queue of its own to a topic, and returns its URL."""
        url, arn = self.queue(name, "sns.amazonaws.com", topic)
        # The attribute: the message as it was published, not in an envelope.
        self.client("sns").subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"}
        )
        return url

    def events_of(self, bucket):
        """Makes a bucket that sends its events to EventBridge."""
        s3 = self.client("s3")
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
        )

    def store_state(self, image):
        """What EC2 calls the last store of an AMI."""
        found = self.client("ec2").describe_store_image_tasks(ImageIds=[image])["StoreImageTaskResults"]
        return found and found[0]["StoreTaskState"]

    def store_object(self, bucket, key):
        """Puts an object into a bucket, as EC2 does at the end of a store: the simulator puts none."""
        self.client("s3").put_object(Bucket=bucket, Key=key, Body=b"an AMI")


def start_ministack(children, folder, auth):
    """Starts ministack; returns where it listens, and a way to say where its functions call."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    scratch = folder / "scratch"
    scratch.mkdir()

    def start(endpoint):
        environment = caller.environment(
            # Its functions get all of its environment.
            endpoint,
            BIND_HOST="127.0.0.1", GATEWAY_PORT=str(port), TMPDIR=str(scratch),
            AUTH="true" if auth else "false",
        )  # fmt: skip
        process = children.start("ministack", [Path(sys.executable).with_name("ministack")], environment)

        def healthy():
            try:
                with urllib.request.urlopen(f"{url}/_ministack/health", timeout=5):
                    return True
            except (OSError, urllib.error.URLError):
                return False

        children.wait_for("ministack", process, healthy, 60)

    return url, start


@contextmanager
def running(folder, binaries, scenario, options=(), auth=True, heard=lambda text: None):
    """Runs everything, and ends it whatever happens. `heard` gets a line for each mail and post."""
    cloud = Cloud(folder, binaries)
    with ExitStack() as ends:
        children = Children(folder)
        ends.callback(children.end)
        cloud.simulator = simulator.start(children, binaries, folder, scenario, options)
        ministack, start = start_ministack(children, folder, auth)

        def subscribers(topic):
            found = cloud.client("sns", ministack).list_subscriptions_by_topic(TopicArn=topic)
            return [one["Endpoint"] for one in found["Subscriptions"] if one["Protocol"] == "email"]

        cloud.mails = Mails(folder / "mails", heard)
        stand_ins = standins.of(lambda service: cloud.client(service, ministack))
        gate = Gate(ministack, cloud.simulator.url, cloud.mails, subscribers, stand_ins)
        cloud.endpoint = ends.enter_context(serving(gate.handler())).url
        start(cloud.endpoint)

        cloud.webhooks = Webhooks(folder / "posts", heard)
        hooks = ends.enter_context(serving(cloud.webhooks.handler())).url
        for app, name in WEBHOOK_PARAMETERS.items():
            url = f"{hooks}/{app}/services/T0/B0/secret"
            cloud.client("ssm").put_parameter(Name=name, Type="SecureString", Value=url)
        yield cloud
