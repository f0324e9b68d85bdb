"""Who calls: the account, its keys, and an environment that leads nowhere else."""

import os

# ministack and the simulator take an access key id of 12 digits for the account's root user.
ACCOUNT = "123456789012"
REGION = "us-east-1"
SECRET = "local"


def variables(endpoint):
    """What a program needs in its environment to call the stack and nothing else."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_PAGER": "",
    }


def environment(endpoint, **more):
    """The environment of a child: no profile, key, region or proxy of this machine's user is in it."""
    own = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "AMIWATCH_")) and not name.lower().endswith("_proxy")
    }
    return {**own, **variables(endpoint), **more}
