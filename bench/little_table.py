"""A stand-in for one DynamoDB table, for many items, with the operations that the two functions call.

moto takes seconds for a query of 2,000 items, which the function does not wait for, and copies the
whole table for each transaction. This one keeps the keys of a partition in order, and ends a page at
1 MB as DynamoDB does. It knows the conditions that the functions write under, and refuses everything
else.
"""

import bisect
import json
import threading
from http.server import BaseHTTPRequestHandler

from capacity import item_bytes
from proxy import Server

PAGE_BYTES = 1 << 20


class Unsupported(Exception):
    pass


class Table:
    """The items, and the answers to what the functions ask."""

    def __init__(self):
        self.lock = threading.Lock()
        self.keys, self.items = {}, {}

    def answered(self, operation, request):
        """The answer, or the refusal of what this stand-in does not know."""
        try:
            return self.answer(operation, request)
        except (Unsupported, KeyError) as error:
            return 400, refusal("ValidationException", f"{operation}: {error!r}")

    def answer(self, operation, request):
        with self.lock:
            if operation == "GetItem":
                key = request["Key"]
                item = self.items.get((key["pk"]["S"], key["sk"]["S"]))
                return 200, {"Item": projected(item, request)} if item else {}
            if operation == "PutItem":
                return self.put_if(request)
            if operation == "Query":
                return 200, self.query(request)
            if operation == "TransactWriteItems":
                return self.transact(request)
            if operation == "BatchWriteItem":
                for writes in request["RequestItems"].values():
                    for write in writes:
                        self.put(write["PutRequest"]["Item"])
                return 200, {"UnprocessedItems": {}}
        raise Unsupported("this stand-in has no such operation")

    def put(self, item):
        partition, key = item["pk"]["S"], item["sk"]["S"]
        if (partition, key) not in self.items:
            bisect.insort(self.keys.setdefault(partition, []), key)
        self.items[partition, key] = item

    def holds(self, request, key):
        """Whether a write's condition holds for what is stored under a key."""
        stored = self.items.get((key["pk"]["S"], key["sk"]["S"]))
        condition = request.get("ConditionExpression")
        names = request.get("ExpressionAttributeNames", {})
        for placeholder, name in names.items():
            condition = condition.replace(placeholder, name)
        if condition is None:
            return True
        if condition == "attribute_not_exists(pk)":
            return stored is None
        if condition == "version = :expected":
            expected = request["ExpressionAttributeValues"][":expected"]
            return stored is not None and stored["version"] == expected
        raise Unsupported(condition)

    def transact(self, request):
        """All or nothing, with a reason for each part."""
        parts = [next(iter(part.items())) for part in request["TransactItems"]]
        if not {kind for kind, _ in parts} <= {"Put", "ConditionCheck"}:
            raise Unsupported(parts)
        held = [self.holds(part, part["Key"] if "Key" in part else part["Item"]) for _, part in parts]
        if all(held):
            for kind, part in parts:
                if kind == "Put":
                    self.put(part["Item"])
            return 200, {}
        reasons = [{"Code": "None" if it else "ConditionalCheckFailed"} for it in held]
        refused = refusal("TransactionCanceledException", "Transaction cancelled")
        return 400, refused | {"CancellationReasons": reasons}

    def put_if(self, request):
        item = request["Item"]
        stored = self.items.get((item["pk"]["S"], item["sk"]["S"]))
        if self.holds(request, item):
            self.put(item)
            return 200, {}
        refused = refusal("ConditionalCheckFailedException", "The conditional request failed")
        return 400, refused | ({"Item": stored} if stored else {})

    def query(self, request):
        values = request["ExpressionAttributeValues"]
        condition = request["KeyConditionExpression"]
        for placeholder, name in request.get("ExpressionAttributeNames", {}).items():
            condition = condition.replace(placeholder, name)
        if condition == "pk = :v0":
            return self.everything(request, values[":v0"]["S"])
        if request.get("ScanIndexForward", True):
            raise Unsupported("a query from the lowest key up")
        partition = values[":pk"]["S"]
        keys = self.keys.get(partition, [])
        known = {"pk = :pk", "pk = :pk AND sk >= :low", "pk = :pk AND sk BETWEEN :low AND :high"}
        if condition not in known:
            raise Unsupported(condition)
        first = bisect.bisect_left(keys, values[":low"]["S"]) if ":low" in values else 0
        behind = bisect.bisect_right(keys, values[":high"]["S"]) if ":high" in values else len(keys)
        if request.get("ExclusiveStartKey"):
            start = request["ExclusiveStartKey"]["sk"]["S"]
            behind = min(behind, bisect.bisect_left(keys, start))
        found, size, last = [], 0, None
        for key in reversed(keys[first:behind]):
            item = self.items[partition, key]
            size += item_bytes(item)
            if found and (size > PAGE_BYTES or len(found) == request.get("Limit")):
                last = {"pk": {"S": partition}, "sk": found[-1]["sk"]}
                break
            found.append(item)
        answer = {"Items": [projected(item, request) for item in found], "Count": len(found)}
        return answer | ({"LastEvaluatedKey": last} if last else {})

    def everything(self, request, partition):
        """A partition from the lowest key up, in one page: for what is small."""
        if "ExclusiveStartKey" in request:
            raise Unsupported("a second page")
        items = [self.items[partition, key] for key in self.keys.get(partition, [])]
        if sum(map(item_bytes, items)) > PAGE_BYTES:
            raise Unsupported("more than a page")
        return {"Items": items, "Count": len(items)}


class LittleTable(Table):
    """The table behind a port of its own."""

    def __init__(self):
        super().__init__()
        table = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = 65536

            def do_POST(self):
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                operation = self.headers["X-Amz-Target"].rpartition(".")[2]
                status, answer = table.answered(operation, request)
                body = json.dumps(answer).encode()
                self.send_response_only(status)
                self.send_header("Content-Type", "application/x-amz-json-1.0")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                self.wfile.flush()

            def log_message(self, *arguments):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def projected(item, request):
    names = request["ProjectionExpression"].split(", ")
    return {name: item[name] for name in names if name in item}


def refusal(code, message):
    return {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message}
