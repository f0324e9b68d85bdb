"""A deployed stack that polls many accounts by workers, and its members."""

import json
from datetime import datetime, timedelta, timezone

from . import caller, deploying
from .driving import Driver
from .rights import Role
from .waiting import wait_for

HUB = caller.ACCOUNT
MEMBERS = NEAR, FAR = "111122223333", "444455556666"
ROLE = "amiwatch-member"
EXTERNAL_ID = "ours"
FLEET = {"Accounts": ",".join([HUB, *MEMBERS]), "FanOutAbove": "1", "ExternalId": EXTERNAL_ID}
KINDS = ["store-image", "bundle"]


def moment(seconds=0):
    """Now, or so many seconds from now, as an event says it."""
    at = datetime.now(timezone.utc) + timedelta(seconds=seconds)
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def message(account, regions, tick, kinds=KINDS):
    """What the scheduled function sends for an account."""
    return json.dumps({"account": account, "regions": regions, "kinds": kinds, "tick": tick})


class Fleet(Driver):
    """Drives it."""

    def __init__(self, cloud, stack, listener, role=ROLE, external_id=EXTERNAL_ID):
        super().__init__(cloud, stack)
        self.listener = listener
        self.role_name = role
        self.external_id = external_id

    def let_in(self, account, external_id=None):
        """Deploys the role of a member, or changes which external id it asks for."""
        roles = {name: self.stack.outputs[name] for name in ("PollerRoleArn", "WorkerRoleArn")}
        asked = external_id or self.external_id
        name = f"{self.stack.name}-member"
        deploying.deploy_member(self.cloud, account, name, MemberRoleName=self.role_name, ExternalId=asked, **roles)

    def member(self, account):
        """The role of a member."""
        return Role(self.cloud.client("iam", account=account), self.role_name)

    def dispatch(self, payload=None):
        """Invokes the scheduled function; returns its answer."""
        answer = self.invoke(payload=payload)
        assert not answer.failed, answer.text
        return json.loads(answer.text)

    def work(self):
        """Dispatches, and waits until workers have polled everything well."""
        self.dispatch()
        self.wait_for_workers()

    def wait_for_workers(self):
        wait_for("the workers", lambda: not any(self.queued()), 60, seen=self.queued)

    def queued(self, queue="Targets"):
        """How many messages wait in a queue, and how many are being worked on or wait for another try."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        url = self.stack.physical(queue)
        found = self.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return [int(found[name]) for name in names]

    def hold(self, is_held):
        """Keeps workers from the queue, or lets them take from it again."""
        uuid = self.stack.physical("WorkerWaiting")
        self.client("lambda").update_event_source_mapping(UUID=uuid, Enabled=not is_held)

    def calls(self, account):
        """The calls of EC2 in an account, so far."""
        calls = self.cloud.simulator.admin("GET", "/calls")["calls"]
        return [call for call in calls if call["account"] == account]

    def ends(self, image, account, region="us-east-1"):
        """A store that has ended."""
        task = {"image_id": image, "bucket": "fleet", "start": "-2m", "duration": "1m"}
        self.cloud.simulator.stores(task, account=account, region=region)

    def told(self, image):
        """The events of an AMI."""
        return [event for event in self.listener.listen() if image in str(event)]

    def logged(self, words, since):
        return [line for line in self.log("Worker", since) if words in line]
