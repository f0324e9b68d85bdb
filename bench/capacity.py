"""What DynamoDB charges: for a strongly consistent read computed from the answer, for a write from the request.

moto says nothing useful of it: its ConsumedCapacity is a constant.
"""

import json
import math

READ_UNIT_BYTES = 4096
WRITE_UNIT_BYTES = 1024
# DynamoDB counts whole items, also what the projection leaves out: the partition key and `expires_at`.
LEFT_OUT = {"pk": {"S": "111111111111#us-east-1"}, "expires_at": {"N": "1800000000"}}


def item_bytes(item):
    """By DynamoDB's rule: names and texts in UTF-8; of a number about a byte for two digits, and one."""
    size = 0
    for name, value in (LEFT_OUT | item).items():
        size += len(name.encode())
        if "N" in value:
            size += (len(value["N"]) + 1) // 2 + 1
        else:
            size += len(value["S"].encode())
    return size


def units_of(size):
    return max(1, math.ceil(size / READ_UNIT_BYTES))


def read_units(operation, content):
    """The units of one answer; 0 where the operation reads no items."""
    if operation == "Query":
        # A query rounds up once, over all its items.
        return units_of(sum(map(item_bytes, json.loads(content)["Items"])))
    if operation == "GetItem":
        return units_of(item_bytes(json.loads(content).get("Item", {})))
    if operation == "BatchGetItem":
        tables = json.loads(content)["Responses"].values()
        return sum(units_of(item_bytes(item)) for items in tables for item in items)
    return 0


def write_units(operation, request):
    """The units of one request, also where its condition does not hold; 0 where it writes nothing."""
    if operation == "PutItem":
        return put_units(request["Item"])
    if operation == "TransactWriteItems":
        # Each part twice. What is only checked counts as a write of its item, which is small here.
        parts = [next(iter(part.values())) for part in request["TransactItems"]]
        return 2 * sum(put_units(part["Item"]) if "Item" in part else 1 for part in parts)
    if operation == "BatchWriteItem":
        writes = [write for some in request["RequestItems"].values() for write in some]
        return sum(put_units(write["PutRequest"]["Item"]) for write in writes)
    return 0


def put_units(item):
    return max(1, math.ceil(item_bytes(item) / WRITE_UNIT_BYTES))
