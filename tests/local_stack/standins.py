"""Calls that ministack does not know, or takes for something else: what is answered in its place."""

import json
from email.message import Message


class Refused(Exception):
    """AWS would not do it."""


def move_messages(sqs, asked):
    """SQS's StartMessageMoveTask: moves all messages of a dead-letter queue to another queue, before the answer."""
    queues = {}
    for url in sqs.list_queues().get("QueueUrls", []):
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        queues[attributes["QueueArn"]] = url, attributes.get("RedrivePolicy", "")
    source, destination = asked["SourceArn"], asked["DestinationArn"]
    # SQS takes no other queue for a source, also where the destination is named.
    if not any(f'"{source}"' in redrive for _, redrive in queues.values()):
        raise Refused(f"{source} is the dead-letter queue of no queue")
    if destination not in queues:
        raise Refused(f"there is no {destination}")
    (source, _), (destination, _) = queues[source], queues[destination]
    everything = {"MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"]}
    while messages := sqs.receive_message(QueueUrl=source, **everything).get("Messages"):
        for message in messages:
            attributes = message.get("MessageAttributes", {})
            sqs.send_message(QueueUrl=destination, MessageBody=message["Body"], MessageAttributes=attributes)
            sqs.delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
    return {"TaskHandle": "local"}


def events_with_any_of(logs, asked):
    """CloudWatch Logs' FilterLogEvents with a pattern such as `?this ?that`: what has one of the words. ministack
    takes the question mark for any character, and wants all of them. Other patterns are left to it."""
    words = asked.get("filterPattern", "").split()
    if not words or not all(word.startswith("?") for word in words):
        return None
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=asked["logGroupName"], startTime=asked.get("startTime", 0)
    )
    events = [event for page in pages for event in page["events"]]
    found = [event for event in events if any(word[1:] in event["message"] for word in words)]
    return {"events": found, "searchedLogStreams": []}


def of(client):
    """The stand-ins by what a call's header X-Amz-Target says; `client` makes clients of ministack."""
    return {
        "AmazonSQS.StartMessageMoveTask": lambda asked: move_messages(client("sqs"), asked),
        "Logs_20140328.FilterLogEvents": lambda asked: events_with_any_of(client("logs"), asked),
    }


def answer(stand_in, body):
    """A stand-in's answer to a call in JSON, as status, headers and body; none where it leaves that to ministack."""
    headers = Message()
    headers["Content-Type"] = "application/x-amz-json-1.1"
    try:
        found = stand_in(json.loads(body))
    except Refused as error:
        return 400, headers, json.dumps({"__type": "InvalidParameterValue", "message": str(error)}).encode()
    return found and (200, headers, json.dumps(found).encode())
