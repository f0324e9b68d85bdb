"""What the functions run with."""

import pytest
from stacks import EVERYTHING, FUNCTIONS, statement_for
from template_reader import Template

LOGS = {"Poller": "PollerLog", "Worker": "PollerLog", "SlackWebhook": "WebhookLog", "TeamsWebhook": "WebhookLog"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_has_the_least_memory_that_lambda_gives(function):
    # docs/cost.md counts with it.
    assert Template(**EVERYTHING).properties(function)["MemorySize"] == 128


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_writes_into_the_log_that_it_may_write_into(function):
    log = LOGS[function]
    assert Template(**EVERYTHING).properties(function)["LoggingConfig"]["LogGroup"] == f"<{log}>"
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        assert statement_for(action, role=f"{function}Role")["Resource"] == f"<{log}.Arn>"


def test_a_poll_that_waited_is_given_up_once_later_ones_have_done_its_work():
    # Longer, and what could not be started while AWS was down would all run together when it is back.
    minutes = 5
    poller = Template().properties("Poller")
    schedule = poller["Events"]["Schedule"]["Properties"]
    assert schedule["RetryPolicy"] == {"MaximumEventAgeInSeconds": minutes * 60, "MaximumRetryAttempts": 5}
    assert poller["EventInvokeConfig"]["MaximumEventAgeInSeconds"] == minutes * 60
