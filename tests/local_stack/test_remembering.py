"""What the command line reads out of the function's table."""

import json

from .conftest import AFTER, AT_ONCE, BEFORE, FAILED, REASON, STORED


def test_the_history_has_what_the_function_told(amiwatch, everything, told):
    table = everything.stack.outputs["TableName"]
    done = amiwatch("history", "--table", table, "-o", "json")
    assert done.returncode == 0, done.stderr
    tasks = {task["task"]: task for task in json.loads(done.stdout)}
    # What was told as soon as its object was there is remembered like the rest.
    places = {image: (tasks[image]["bucket"], tasks[image]["outcome"]) for image in (STORED, FAILED, AFTER, BEFORE)}
    assert places == {
        STORED: ("my-bucket", "completed"),
        FAILED: ("my-bucket", "failed"),
        AFTER: (AT_ONCE, "completed"),
        BEFORE: (AT_ONCE, "completed"),
    }
    assert tasks[FAILED]["reason"] == REASON
    for image in places:
        [told] = tasks[image]["told"]
        assert set(told["sinks"]) == {"sns", "event-bridge"} and tasks[image]["untold"] == []


def test_a_task_is_explained_by_the_functions_record_of_it(amiwatch, everything, told):
    done = amiwatch("explain", "--table", everything.stack.outputs["TableName"], FAILED)
    assert done.returncode == 0, done.stderr
    for words in ("It is closed: failed.", "Told: failed to sns", f"Reason: {REASON}", "nothing is left to tell"):
        assert words in done.stdout
