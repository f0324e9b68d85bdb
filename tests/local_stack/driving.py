"""A deployed stack in tests: what is invoked by hand, heard and logged."""

import json
import time

from .rights import Role

# How services say that a right is missing.
DENIALS = ("AccessDenied", "UnauthorizedOperation", "AuthorizationError", "is not authorized to perform")


def denials(lines):
    return [line for line in lines if any(word in line for word in DENIALS)]


class Answer:
    """What an invocation by hand came to."""

    def __init__(self, answer):
        self.text = answer["Payload"].read().decode()
        self.failed = "FunctionError" in answer

    def summary(self):
        """The answer of an invocation that went well in every part."""
        assert not self.failed, self.text
        summary = json.loads(self.text)
        assert summary["failures"] == [] and summary["left"] == 0, self.text
        return summary


class Driver:
    """Drives a deployed stack."""

    def __init__(self, cloud, stack):
        self.cloud = cloud
        self.stack = stack

    def client(self, service):
        return self.cloud.client(service)

    def invoke(self, function="Poller", payload=None):
        name = self.stack.physical(function)
        return Answer(self.client("lambda").invoke(FunctionName=name, Payload=json.dumps(payload or {})))

    def restart(self, function):
        """Ends a function's processes: the next one has assumed no role, and has read nothing yet."""
        functions, name = self.client("lambda"), self.stack.physical(function)
        # What is configured anew begins anew, also as it was. To ministack not everything counts as that.
        memory = functions.get_function_configuration(FunctionName=name)["MemorySize"]
        functions.update_function_configuration(FunctionName=name, MemorySize=memory)

    def invoke_later(self, payload):
        """Invokes the poller asynchronously, as a schedule does."""
        name = self.stack.physical("Poller")
        self.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(payload))

    def role(self, function):
        configuration = self.client("lambda").get_function_configuration(FunctionName=self.stack.physical(function))
        return Role(self.client("iam"), configuration["Role"].rsplit("/", 1)[-1])

    def log(self, function, since=0.0):
        """What a function has logged since a time."""
        configuration = self.client("lambda").get_function_configuration(FunctionName=self.stack.physical(function))
        pages = self.client("logs").get_paginator("filter_log_events").paginate(
            logGroupName=configuration["LoggingConfig"]["LogGroup"], startTime=int(since * 1000)
        )
        return [event["message"] for page in pages for event in page["events"]]

    def polls(self):
        """The polls so far, by the line that each one ends with."""
        lines = [json.loads(line) for line in self.log("Poller") if '"message":"Polled ' in line]
        return sorted(lines, key=lambda line: line["timestamp"])

    def set_schedule(self, state):
        """Stops the schedule (DISABLED), after which invocations by hand are the only ones, or starts it (ENABLED)."""
        scheduler = self.client("scheduler")
        schedules = scheduler.list_schedules()["Schedules"]
        # Two stacks may be here.
        for one in schedules:
            if one["Target"]["Arn"].endswith(f":{self.stack.physical('Poller')}"):
                schedule = scheduler.get_schedule(Name=one["Name"], GroupName=one["GroupName"])
                kept = {"Name", "GroupName", "ScheduleExpression", "FlexibleTimeWindow", "Target"}
                given = {name: value for name, value in schedule.items() if name in kept}
                scheduler.update_schedule(**given, State=state)
                break
        else:
            raise AssertionError(f"no schedule invokes the poller: {schedules}")

    def forget(self, region):
        """Deletes what the stack remembers of a Region: its next poll there is the first."""
        dynamodb, table = self.client("dynamodb"), self.stack.outputs["TableName"]
        items = dynamodb.scan(TableName=table, ProjectionExpression="pk, sk")["Items"]
        for key in items:
            if region in key["pk"]["S"]:
                dynamodb.delete_item(TableName=table, Key=key)


class Listener:
    """A queue, and all that has come into it."""

    def __init__(self, sqs, url):
        self.sqs = sqs
        self.url = url
        self.all = []

    def listen(self):
        """Takes what is there."""
        while messages := self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                self.all.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return self.all


class Heard:
    """All that has arrived, by where."""

    PLACES = ("topic", "bus", "mails", "slack", "teams")

    def __init__(self, cloud, topic_queue, bus_queue):
        self.cloud = cloud
        self.queues = {"topic": topic_queue, "bus": bus_queue}

    def everywhere(self, word):
        """What speaks of a word, as text."""
        queues = {name: [str(event) for event in queue.listen()] for name, queue in self.queues.items()}
        mails = [mail["Subject"] + "\n" + mail.get_content() for mail in self.cloud.mails.all]
        posts = {app: [str(post) for post in posts] for app, posts in self.cloud.webhooks.posts.items()}
        everything = {**queues, "mails": mails, **posts}
        assert set(everything) == set(self.PLACES)
        return {place: [text for text in texts if word in text] for place, texts in everything.items()}

    def counts(self, word):
        return {place: len(texts) for place, texts in self.everywhere(word).items()}

    def event(self, word):
        """The one event of the topic that speaks of a word."""
        [event] = [event for event in self.queues["topic"].listen() if word in str(event)]
        return event

    def is_everywhere(self, word):
        return all(self.counts(word).values())


def now():
    # The log's times are in milliseconds.
    return int(time.time() * 1000) / 1000
