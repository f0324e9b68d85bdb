"""A stand-in for an SQS queue that only takes messages, and takes no more than SQS does."""

import hashlib
import re
import uuid

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
ENTRIES_MAX = 10
BYTES_MAX = 1 << 20
ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
ALLOWED = re.compile("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")


class Queue:
    def __init__(self):
        self.clear()

    def clear(self):
        # The bodies of each request, in the order in which the requests came.
        self.requests = []
        self.refused = []

    def send_batch(self, request):
        """`SendMessageBatch`: all of it is taken, or it is refused as a whole."""
        entries = request.get("Entries", [])
        fault = fault_of(entries)
        if fault:
            self.refused.append(fault)
            return 400, {"__type": f"com.amazonaws.sqs#{fault}", "message": fault}
        self.requests.append([entry["MessageBody"] for entry in entries])
        taken = [
            {
                "Id": entry["Id"],
                "MessageId": str(uuid.uuid4()),
                "MD5OfMessageBody": hashlib.md5(entry["MessageBody"].encode()).hexdigest(),
            }
            for entry in entries
        ]
        return 200, {"Successful": taken, "Failed": []}


def fault_of(entries):
    ids = [entry["Id"] for entry in entries]
    bodies = [entry["MessageBody"] for entry in entries]
    faults = {
        "EmptyBatchRequest": not entries,
        "TooManyEntriesInBatchRequest": len(entries) > ENTRIES_MAX,
        "BatchEntryIdsNotDistinct": len(set(ids)) < len(ids),
        "InvalidBatchEntryId": not all(ID.fullmatch(one) for one in ids),
        "InvalidMessageContents": not all(ALLOWED.fullmatch(body) for body in bodies),
        "BatchRequestTooLong": sum(len(body.encode()) for body in bodies) > BYTES_MAX,
    }
    return next((name for name, holds in faults.items() if holds), None)
