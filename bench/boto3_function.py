"""What amiwatch is compared with: the same job as a plain boto3 function.

It lists all pages, reads all records, writes each change under a condition and publishes each
ending. It promises less than amiwatch: an ending whose publish fails is lost.
"""

import json
import logging
import os
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

TABLE = os.environ["TABLE"]
TOPIC_ARN = os.environ["TOPIC_ARN"]
ENDED = {"Completed", "Failed", "complete", "failed"}
KEPT_FOR = 40 * 24 * 3600

# Outside of the handler, so that one environment pays for them once. The retries wait for the
# token bucket of DescribeStoreImageTasks, which 50 pages empty.
RETRIES = Config(retries={"mode": "standard", "max_attempts": 10})
ec2 = boto3.client("ec2", config=RETRIES)
sns = boto3.client("sns", config=RETRIES)
table = boto3.resource("dynamodb", config=RETRIES).Table(TABLE)

logger = logging.getLogger()
logger.setLevel(logging.INFO)


def list_tasks():
    """All tasks that EC2 lists, by their key in the table."""
    tasks = {}
    pages = ec2.get_paginator("describe_store_image_tasks").paginate(
        PaginationConfig={"PageSize": 200}
    )
    for page in pages:
        for task in page["StoreImageTaskResults"]:
            start = task["TaskStartTime"].isoformat()
            key = f"store#{task['AmiId']}#{task['Bucket']}#{start}"
            tasks[key] = {
                "kind": "store-image",
                "name": task["AmiId"],
                "bucket": task["Bucket"],
                "started_at": start,
                "state": task["StoreTaskState"],
                "progress": task.get("ProgressPercentage", 0),
                "reason": task.get("StoreTaskFailureReason", ""),
            }
    for task in ec2.describe_bundle_tasks()["BundleTasks"]:
        tasks[f"bundle#{task['BundleId']}"] = {
            "kind": "bundle",
            "name": task["BundleId"],
            "bucket": task.get("Storage", {}).get("S3", {}).get("Bucket", ""),
            "started_at": task["StartTime"].isoformat(),
            "state": task["State"],
            "progress": int(task.get("Progress", "0%").rstrip("%") or 0),
            "reason": task.get("BundleTaskError", {}).get("Message", ""),
        }
    return tasks


def read_records(place):
    """All that is remembered."""
    records = {}
    query = {"KeyConditionExpression": boto3.dynamodb.conditions.Key("pk").eq(place)}
    while True:
        page = table.query(**query)
        records.update((item["sk"], item) for item in page["Items"])
        if "LastEvaluatedKey" not in page:
            return records
        query["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def record(place, key, task):
    expires_at = int(time.time()) + KEPT_FOR
    return {"pk": place, "sk": key, "expires_at": expires_at, **task}


def save(place, key, task, known):
    """Writes a change; False where another invocation was first."""
    if known is None:
        condition = boto3.dynamodb.conditions.Attr("pk").not_exists()
    else:
        condition = boto3.dynamodb.conditions.Attr("state").eq(known["state"])
    try:
        table.put_item(Item=record(place, key, task), ConditionExpression=condition)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return False
        raise
    return True


def publish(task):
    subject = f"{task['state']}: {task['kind']} {task['name']} to {task['bucket']}"
    sns.publish(
        TopicArn=TOPIC_ARN,
        Subject=subject[:99],
        Message=json.dumps(task),
        MessageAttributes={
            "kind": {"DataType": "String", "StringValue": task["kind"]},
            "state": {"DataType": "String", "StringValue": task["state"]},
        },
    )


def handler(event, context):
    account = context.invoked_function_arn.split(":")[4]
    place = f"{account}#{os.environ['AWS_REGION']}"
    records = read_records(place)
    tasks = list_tasks()
    saved = published = 0

    baseline = "~baseline" not in records
    if baseline:
        with table.batch_writer() as batch:
            for key, task in tasks.items():
                batch.put_item(Item=record(place, key, task))
            batch.put_item(Item={"pk": place, "sk": "~baseline"})
        saved = len(tasks)
    else:
        for key, task in tasks.items():
            known = records.get(key)
            if known is not None and (known["state"], known["progress"]) == (
                task["state"],
                task["progress"],
            ):
                continue
            if not save(place, key, task, known):
                continue
            saved += 1
            if task["state"] in ENDED:
                publish(task)
                published += 1

    logger.info("%d tasks listed, %d saved, %d published", len(tasks), saved, published)
    return {"listed": len(tasks), "saved": saved, "published": published, "baseline": baseline}
