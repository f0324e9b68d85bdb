"""What the gate changes on the way, with two servers that only say what they got."""

from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler

import pytest

from .gate import Gate
from .serving import serving
from .sessions import Sessions

KEY, ACCOUNT = "ASIAEXAMPLE000000001", "111122223333"
ASSUMED = f"""<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<Credentials><AccessKeyId>{KEY}</AccessKeyId><SessionToken>t</SessionToken></Credentials>
<AssumedRoleUser><AssumedRoleId>AROA:amiwatch</AssumedRoleId>
<Arn>arn:aws:sts::{ACCOUNT}:assumed-role/amiwatch-member/amiwatch</Arn></AssumedRoleUser>
</AssumeRoleResult></AssumeRoleResponse>"""
REFUSED = """<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code></Error></ErrorResponse>"""
IDENTITY = f"""<GetCallerIdentityResponse><GetCallerIdentityResult>
<Arn>arn:aws:sts::{ACCOUNT}:assumed-role/amiwatch-member/amiwatch</Arn><Account>{ACCOUNT}</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>"""


def signed(key, service="ec2"):
    """The headers of a call."""
    headers = Message()
    scope = f"{key}/20261126/us-east-1/{service}/aws4_request"
    headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00"
    headers["X-Amz-Security-Token"] = "t"
    return headers


@contextmanager
def answering(status, text):
    """A server that always answers this; gives its URL, and a list of the headers that it gets."""
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            got.append(self.headers)
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_):
            pass

    with serving(Handler) as server:
        yield server.url, got


def test_a_session_is_known_by_its_roles_account():
    sessions = Sessions()
    sessions.learn(ASSUMED.encode())
    assert sessions.accounts == {KEY: ACCOUNT}
    changed = sessions.in_account(signed(KEY))
    assert changed["Authorization"] == signed(ACCOUNT)["Authorization"]
    assert changed["X-Amz-Security-Token"] == "t"


@pytest.mark.parametrize("answer", [REFUSED, IDENTITY, '{"Credentials": {}}', ""])
def test_of_another_answer_nothing_is_learnt(answer):
    sessions = Sessions()
    sessions.learn(answer.encode())
    assert sessions.accounts == {}


@pytest.mark.parametrize("key", ["123456789012", "ASIAEXAMPLE000000002"])
def test_what_others_signed_stays_as_it_is(key):
    sessions = Sessions()
    sessions.learn(ASSUMED.encode())
    assert sessions.in_account(signed(key)).items() == signed(key).items()
    assert sessions.in_account(Message()).items() == []


def test_only_the_simulator_is_told_the_account():
    with answering(200, ASSUMED) as (ministack, asked), answering(200, "tasks") as (simulator, told):
        gate = Gate(ministack, simulator, mails=None, subscribers=None, stand_ins={})
        form = b"Action=AssumeRole"
        assert gate.call("POST", "/", signed("123456789012", "sts"), form)[2] == ASSUMED.encode()
        assert gate.call("POST", "/", signed(KEY), b"Action=DescribeBundleTasks")[2] == b"tasks"
    hub, member = asked
    assert "Credential=123456789012/" in hub["Authorization"]
    assert member["Authorization"] == signed(KEY)["Authorization"]
    [got] = told
    assert got["Authorization"] == signed(ACCOUNT)["Authorization"]


def test_a_refused_session_is_not_learnt():
    with answering(403, ASSUMED) as (ministack, _), answering(200, "tasks") as (simulator, told):
        gate = Gate(ministack, simulator, mails=None, subscribers=None, stand_ins={})
        gate.call("POST", "/", signed("123456789012", "sts"), b"Action=AssumeRole")
        assert gate.call("POST", "/", signed(KEY), b"Action=DescribeBundleTasks")[0] == 403
    assert told == [] and gate.sessions.accounts == {}
