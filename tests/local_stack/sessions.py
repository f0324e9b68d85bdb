"""Whose the keys of a role's session are: ministack knows, and the simulator takes the account from the key id."""

import re
from email.message import Message
from xml.etree import ElementTree

# Where the key id of a signature stands.
KEY = re.compile(r"(?<=Credential=)[^/,\s]+")


class Sessions:
    """The accounts of the sessions that STS gave, by their key ids."""

    def __init__(self):
        self.accounts = {}

    def learn(self, answer):
        """Takes the session from an answer of STS, where it is one to AssumeRole."""
        try:
            root = ElementTree.fromstring(answer)
        except ElementTree.ParseError:
            return
        key = root.findtext(".//{*}Credentials/{*}AccessKeyId")
        arn = root.findtext(".//{*}AssumedRoleUser/{*}Arn")
        # arn:aws:sts::111122223333:assumed-role/…
        account = arn and re.match(r"arn:[^:]+:sts::(\d{12}):assumed-role/", arn)
        if key and account:
            self.accounts[key] = account[1]

    def in_account(self, headers):
        """The headers of a call, as if the account itself had signed: the signature fits no more."""
        changed = Message()
        for name, value in headers.items():
            if name.lower() == "authorization":
                value = KEY.sub(lambda key: self.accounts.get(key[0], key[0]), value, count=1)
            changed[name] = value
        return changed
