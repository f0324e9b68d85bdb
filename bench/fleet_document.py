"""A targets document, in as many standard parameters as it takes."""

import json

from fleet_parameters import VALUE_BYTES_MAX

PATH = "/amiwatch/targets/"


def document(accounts, regions):
    """Parameters by name: each with as many of the accounts as it holds. `regions` may be `all`."""
    values, some = {}, []

    def text(accounts):
        return json.dumps({"targets": [{"accounts": accounts, "regions": regions}]})

    for account in accounts:
        if len(text([*some, account])) > VALUE_BYTES_MAX:
            values[f"{PATH}{len(values):04d}"] = text(some)
            some = []
        some.append(account)
    values[f"{PATH}{len(values):04d}"] = text(some)
    return values
