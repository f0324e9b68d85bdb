"""The role that other accounts have for amiwatch."""

import re

import pytest
from stacks import actions, statements
from template_reader import Template


class Member(Template):
    FILE = "member-role.yaml"


POLLER = "arn:aws:iam::123456789012:role/amiwatch-PollerRole-1X"
WORKER = "arn:aws:iam::123456789012:role/amiwatch-WorkerRole-1X"


def role(**parameters):
    return Member(PollerRoleArn=POLLER, **parameters).properties("Member")


def trust(**parameters):
    [statement] = role(**parameters)["AssumeRolePolicyDocument"]["Statement"]
    return statement


def allowed(**parameters):
    [policy] = role(**parameters)["Policies"]
    [statement] = policy["PolicyDocument"]["Statement"]
    assert statement["Resource"] == "*"
    return set(statement["Action"])


def test_only_the_hubs_roles_are_let_in():
    assert trust() == {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"ArnLike": {"aws:PrincipalArn": [POLLER]}},
    }
    assert trust(WorkerRoleArn=WORKER)["Condition"] == {"ArnLike": {"aws:PrincipalArn": [POLLER, WORKER]}}


def test_an_external_id_and_an_organisation_are_asked_for_where_they_are_given():
    assert trust(ExternalId="ours")["Condition"]["StringEquals"] == {"sts:ExternalId": "ours"}
    assert trust(OrganizationId="o-a1b2c3d4e5")["Condition"]["StringEquals"] == {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}
    both = trust(ExternalId="ours", OrganizationId="o-a1b2c3d4e5", WorkerRoleArn=WORKER)["Condition"]
    assert both["StringEquals"] == {"sts:ExternalId": "ours", "aws:PrincipalOrgID": "o-a1b2c3d4e5"}
    assert both["ArnLike"] == {"aws:PrincipalArn": [POLLER, WORKER]}


@pytest.mark.parametrize("parameter", ["PollerRoleArn", "WorkerRoleArn"])
def test_a_star_stands_at_the_end_of_a_name_only(parameter):
    pattern = Member(PollerRoleArn=POLLER).raw["Parameters"][parameter]["AllowedPattern"]
    taken = [POLLER, "arn:aws-cn:iam::123456789012:role/amiwatch-PollerRole-*", "arn:aws:iam::123456789012:role/a/path/name"]
    refused = [
        "*",
        "arn:aws:iam::123456789012:role/*",
        "arn:aws:iam::*:role/amiwatch-PollerRole-1X",
        "arn:aws:iam::123456789012:role/amiwatch-*-1X",
        "arn:aws:iam::123456789012:root",
        "arn:aws:sts::123456789012:assumed-role/amiwatch/x",
    ]
    assert [value for value in taken if not re.fullmatch(pattern, value)] == []
    assert [value for value in refused if re.fullmatch(pattern, value)] == []


@pytest.mark.parametrize("names", ["true", "false"])
@pytest.mark.parametrize(
    "kinds",
    ["store-image,bundle", "bundle", "import-snapshot", "import-image,export-image", "export-instance", "all"],
)
def test_the_role_may_list_what_the_hub_lists_in_its_own_account_and_nothing_else(kinds, names):
    hub = Template(Kinds=kinds, ImageNames=names)
    listings = {action for s in statements(hub) for action in actions(s) if action.startswith("ec2:")}
    assert allowed(Kinds=kinds, ImageNames=names) == {*listings, "ec2:DescribeRegions"}


def test_the_role_changes_nothing():
    assert all(action.startswith("ec2:Describe") for action in allowed(Kinds="all"))
    assert Member(PollerRoleArn=POLLER).made() == ["Member"]


def test_names_and_values_are_those_of_the_hub():
    hub = Template().raw["Parameters"]
    ours = Member(PollerRoleArn=POLLER).raw["Parameters"]
    for name in ("MemberRoleName", "ExternalId", "Kinds", "ImageNames"):
        for field in ("Type", "Default", "AllowedPattern", "AllowedValues"):
            assert ours[name].get(field) == hub[name].get(field), name
    assert role()["RoleName"] == hub["MemberRoleName"]["Default"]
    assert role(MemberRoleName="watcher")["RoleName"] == "watcher"
    for output in ("PollerRoleArn", "WorkerRoleArn"):
        assert output in Template().raw["Outputs"] and output in ours
    assert Member(PollerRoleArn=POLLER).output("RoleArn") == "<Member.Arn>"


def test_a_boundary_is_a_policy_of_each_account_or_one_that_is_named_whole():
    assert "PermissionsBoundary" not in role()
    assert role(PermissionsBoundary="bound")["PermissionsBoundary"] == "arn:aws:iam::123456789012:policy/bound"
    whole = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    assert role(PermissionsBoundary=whole)["PermissionsBoundary"] == whole


def test_no_arn_of_a_resource_names_a_partition():
    assert "arn:aws" not in str(Member(PollerRoleArn=POLLER).raw["Resources"])
