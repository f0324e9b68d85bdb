"""The daily check: what it costs to list everything once and to compare it with the records.

The records are put straight into the table. Their form is not repeated here: one that the function
itself wrote of a task that ended serves as the pattern, with the names and times of each old task in
place of its own.
"""

import json
from collections import Counter
from datetime import datetime, timedelta

import boto3

from capacity import READ_UNIT_BYTES, item_bytes
from little_table import LittleTable
from stack import ACCOUNTS, REGION, Stack

ENDINGS = 10
PAGE = 200
LEDGER = "~store-image"
# More than a day and the most that a place waits on top of it.
SINCE_LAST_CHECK = timedelta(days=2)
# More than the 31 days that EC2 lists: all that is listed is news, but for its record.
SINCE_BASELINE = timedelta(days=40)
TAKEN = timedelta(minutes=30)
KEPT = timedelta(days=45)
PARTITION = f"{ACCOUNTS['amiwatch']}#{REGION}"


def daily_check(old, folder, distrusted=False):
    """All polls from the one in which a check is due until it has ended."""
    stack = Stack(0, ENDINGS, folder)
    table = LittleTable()
    function = stack.function("amiwatch", dynamodb=table.url)
    while function.poll()["baseline"]:
        stack.advance("60s")
    stack.end_tasks()
    function.poll()
    newest = max(key for key in table.keys[PARTITION] if key.startswith("t#"))
    pattern = table.items[PARTITION, newest]
    stack.old_tasks(ACCOUNTS["amiwatch"], old)
    size = 0
    for task in listed(stack):
        item = record(pattern, task)
        table.put(item)
        size += item_bytes(item)
    move_ledger(table, ["baselineBeganAt", "baselineTop", "cutoff"], SINCE_BASELINE)
    # A new process, whose memory holds nothing of the baseline, and a quiet poll to warm it.
    function.again()
    stack.advance("60s")
    quiet = function.poll()
    if quiet["calls"] != {"DescribeStoreImageTasks": 1, "DescribeBundleTasks": 1, "Query": 1}:
        raise SystemExit(f"the poll before the check was not quiet: {quiet['calls']}")
    before = function.function.peak_memory_kib()
    due = move_ledger(table, ["resyncedAt"], SINCE_LAST_CHECK, distrusted)["resyncedAt"]
    polls = []
    while ledger_of(table)["resyncedAt"] == due:
        stack.advance("60s")
        polls.append(function.poll())
        if len(polls) > 10 + old // PAGE:
            raise SystemExit(f"the check of {old} tasks does not end: {ledger_of(table)}")
    memory = function.function.peak_memory_kib()
    function.end()
    stack.end()
    calls = sum((Counter(poll["calls"]) for poll in polls), Counter())
    # Every task is newer than the baseline: one whose record was not found would be told.
    if {"Publish", "BatchWriteItem", "TransactWriteItems"} & set(calls):
        raise SystemExit(f"the check of {old} tasks found news: {dict(calls)}")
    return {
        "old": old,
        "distrusted": distrusted,
        "listed": sum(t["listed"] for poll in polls for t in poll["answer"]["targets"]),
        "polls": len(polls),
        "calls": calls,
        "refused": sum((Counter(poll["refused"]) for poll in polls), Counter()),
        "units": sum(sum(poll["units"].values()) for poll in polls),
        "units_once": size / READ_UNIT_BYTES,
        "processor_ms": sum(poll["processor_ms"] for poll in polls),
        "most_ms": max(poll["processor_ms"] for poll in polls),
        "wall_ms": max(poll["wall_ms"] for poll in polls),
        "memory_before": before,
        "memory": memory,
    }


def listed(stack):
    """The old tasks as EC2 lists them; the clock moves so that its limit does not hold this up."""
    options = {"aws_access_key_id": ACCOUNTS["amiwatch"], "aws_secret_access_key": "secret"}
    ec2 = boto3.client("ec2", endpoint_url=stack.sim.url, region_name=REGION, **options)
    pages = ec2.get_paginator("describe_store_image_tasks").paginate(
        PaginationConfig={"PageSize": PAGE}
    )
    tasks = []
    for page in pages:
        stack.advance("2s")
        tasks += page["StoreImageTaskResults"]
    # The newest are those whose records the function wrote itself.
    return tasks[ENDINGS:]


def text_of(moment):
    moment = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    # As the function writes it: without zeros at the end of the fraction.
    whole, _, fraction = moment.removesuffix("Z").partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction}Z" if fraction else f"{whole}Z"


def record(pattern, listing):
    """The item of an old task, from that of another one that ended."""
    start = listing["TaskStartTime"]
    ended = start + TAKEN
    body = json.loads(pattern["body"]["S"])
    task = body["task"]
    if task["imageId"] not in task["objectKey"] or body["outbox"] or not body["closed"]:
        raise SystemExit(f"this record is no pattern for tasks that ended and were told: {body}")
    task |= {
        "imageId": listing["AmiId"],
        "bucket": listing["Bucket"],
        "objectKey": listing["S3objectKey"],
        "startedAt": text_of(start),
    }
    body |= {"movedAt": text_of(ended), "changedAt": text_of(ended)}
    key = f"t#{start.strftime('%Y-%m-%dT%H:%M:%S')}.{start.microsecond // 1000:03d}Z#{listing['AmiId']}#{listing['Bucket']}"
    return pattern | {
        "sk": {"S": key},
        "body": {"S": json.dumps(body, separators=(",", ":"))},
        "expires_at": {"N": str(int((ended + KEPT).timestamp()))},
    }


def ledger_of(table):
    return json.loads(table.items[PARTITION, LEDGER]["body"]["S"])


def move_ledger(table, fields, back, distrusted=False):
    """Sets times of the ledger back; its version stays, as no poll is under way."""
    ledger = ledger_of(table)
    if distrusted:
        ledger["distrustedAt"] = ledger["resyncedAt"]
    for field in fields:
        ledger[field] = text_of(datetime.fromisoformat(ledger[field]) - back)
    body = {"S": json.dumps(ledger, separators=(",", ":"))}
    table.put(table.items[PARTITION, LEDGER] | {"body": body})
    return ledger
