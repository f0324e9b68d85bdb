"""A stand-in for Parameter Store: the parameters of one path, on pages of ten."""

PAGE_MAX = 10
# Of a standard parameter.
VALUE_BYTES_MAX = 4096


class Parameters:
    def __init__(self):
        self.values = {}

    def set(self, values):
        longest = max((len(value.encode()) for value in values.values()), default=0)
        if longest > VALUE_BYTES_MAX:
            raise ValueError(f"a standard parameter holds {VALUE_BYTES_MAX} bytes, and not {longest}")
        self.values = dict(sorted(values.items()))

    def by_path(self, request):
        """`GetParametersByPath`."""
        size = request.get("MaxResults", PAGE_MAX)
        if not 1 <= size <= PAGE_MAX:
            return 400, {"__type": "ValidationException", "message": f"MaxResults is {size}"}
        prefix = request["Path"].rstrip("/") + "/"
        found = [item for item in self.values.items() if item[0].startswith(prefix)]
        first = int(request.get("NextToken") or 0)
        page = [
            {"Name": name, "Type": "String", "Value": value, "Version": 1}
            for name, value in found[first : first + size]
        ]
        more = first + size < len(found)
        return 200, {"Parameters": page} | ({"NextToken": str(first + size)} if more else {})
