"""Waits for conditions, each with a bound."""

import time


class TooLate(Exception):
    """What was waited for did not come."""


def wait_for(what, condition, seconds, every=0.1, seen=lambda: ""):
    """Returns the first answer of `condition` that is true; `seen` says what there was where none is."""
    until = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > until:
            raise TooLate(f"{what}: not within {seconds} seconds {seen()}".rstrip())
        time.sleep(every)
