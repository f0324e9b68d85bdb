"""What DynamoDB charges for a strongly consistent read, computed from the answer.

moto says nothing useful of it: its ConsumedCapacity is a constant.
"""

import json
import math

READ_UNIT_BYTES = 4096
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
