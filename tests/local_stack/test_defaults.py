"""A stack with nothing but the defaults: it gets by with the rights that these leave it."""

from . import template_copy
from .rights import granted


def test_a_stack_of_defaults_polls_the_default_kinds_in_its_own_region(plain):
    targets = plain.invoke().summary()["targets"]
    assert {(one["region"], one["kind"]) for one in targets} == {("us-east-1", "store-image"), ("us-east-1", "bundle")}
    assert all(one["baseline"] for one in targets)


def test_its_role_holds_what_the_template_says_and_no_more(plain):
    expected = {action for _, action in granted(template_copy.read())}
    assert plain.role("Poller").actions() == expected
