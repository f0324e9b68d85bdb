//! STS, for callers that look at many accounts through roles.

use super::*;
use crate::{FaultKind, FaultRule};

const MEMBER: &str = "111122223333";
const NAMESPACE: &str = "xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"";

fn call_sts(world: &World, account: &str, region: &str, fields: &str) -> Reply {
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={account}/20261122/{region}/sts/aws4_request, Signature=0"
    );
    let request = Request::builder().header("authorization", authorization).body(()).unwrap();
    let body = format!("Version=2011-06-15&{fields}");
    answer(world, Incoming::read(&request.into_parts().0, body.as_bytes()))
}

/// Assumes the role of an account, with more fields.
fn assume(world: &World, account: &str, more: &str) -> Reply {
    let role = format!("RoleArn=arn:aws:iam::{account}:role/amiwatch-member");
    let fields = format!("Action=AssumeRole&{role}&RoleSessionName=amiwatch{more}");
    call_sts(world, ACCOUNT, REGION, &fields)
}

fn code(reply: &Reply) -> (u16, String) {
    (reply.status, all(reply, "Code").pop().unwrap_or_else(|| "OK".to_owned()))
}

#[test]
fn the_keys_of_a_roles_session_are_those_of_its_account() {
    let world = world();
    let reply = assume(&world, MEMBER, "&DurationSeconds=900&ExternalId=e-1");
    assert_eq!(reply.status, 200, "{}", text(&reply));
    assert!(text(&reply).contains(&format!("<AssumeRoleResponse {NAMESPACE}><AssumeRoleResult>")));
    assert!(text(&reply).contains("<ResponseMetadata><RequestId>"));
    assert_eq!(all(&reply, "AccessKeyId"), [MEMBER]);
    assert_eq!(all(&reply, "Expiration"), ["2026-11-22T00:15:00.000Z"]);
    assert_eq!(all(&reply, "SecretAccessKey").concat().len(), 40);
    assert!(!all(&reply, "SessionToken").concat().is_empty());
    let session = "arn:aws:sts::111122223333:assumed-role/amiwatch-member/amiwatch";
    assert_eq!(all(&reply, "Arn"), [session]);
    let again = assume(&world, MEMBER, "");
    assert_eq!(all(&again, "AssumedRoleId"), all(&reply, "AssumedRoleId"));
    assert_eq!(all(&again, "Expiration"), ["2026-11-22T01:00:00.000Z"]);
    assert_ne!(all(&again, "SessionToken"), all(&reply, "SessionToken"));

    let identity = call_sts(&world, MEMBER, REGION, "Action=GetCallerIdentity");
    assert_eq!(all(&identity, "Account"), [MEMBER]);
    assert_eq!(all(&identity, "Arn"), ["arn:aws:iam::111122223333:root"]);

    let calls = world.calls();
    assert_eq!(calls.iter().filter(|call| call.action == "AssumeRole").count(), 2);
    assert_eq!(calls[0].parameter("ExternalId"), Some("e-1"));
    assert_eq!(calls[0].account, ACCOUNT, "the caller's, not the role's");
}

#[test]
fn what_is_wrong_in_a_call_is_a_validation_error() {
    let world = world();
    let arn = "RoleArn=arn:aws:iam::111122223333:role/x";
    let name = "RoleSessionName=amiwatch";
    for fields in [
        name.to_owned(),
        arn.to_owned(),
        format!("RoleArn=&{name}"),
        format!("RoleArn=arn:aws:iam::1111:role/x&{name}"),
        format!("RoleArn=arn:aws:iam::111122223333:user/x&{name}"),
        format!("RoleArn=arn:aws-cn:iam::111122223333:role/x&{name}"),
        format!("{arn}&RoleSessionName=a"),
        format!("{arn}&RoleSessionName=a+b"),
        format!("{arn}&{name}&ExternalId=x"),
        format!("{arn}&{name}&DurationSeconds=899"),
        format!("{arn}&{name}&DurationSeconds=43201"),
        format!("{arn}&{name}&DurationSeconds=long"),
    ] {
        let reply = call_sts(&world, ACCOUNT, REGION, &format!("Action=AssumeRole&{fields}"));
        assert_eq!(code(&reply), (400, "ValidationError".to_owned()), "{fields}");
        let start = format!("<ErrorResponse {NAMESPACE}><Error><Type>Sender</Type><Code>");
        assert!(text(&reply).contains(&start), "{}", text(&reply));
    }
    let china = "Action=AssumeRole&RoleArn=arn:aws-cn:iam::111122223333:role/x";
    let reply = call_sts(&world, ACCOUNT, "cn-north-1", &format!("{china}&{name}"));
    assert_eq!(reply.status, 200, "{}", text(&reply));
}

#[test]
fn each_service_has_its_own_actions_and_version() {
    let world = world();
    let reply = call_sts(&world, ACCOUNT, REGION, "Action=DescribeRegions");
    assert_eq!(code(&reply), (400, "InvalidAction".to_owned()));
    assert_eq!(outcome(&world, "Action=GetCallerIdentity"), (400, "InvalidAction".to_owned()));
    let old = "Action=GetCallerIdentity&Version=2016-11-15";
    assert_eq!(code(&call_sts(&world, ACCOUNT, REGION, old)), (400, "NoSuchVersion".to_owned()));
}

#[test]
fn faults_hit_the_roles_of_an_account_with_the_codes_of_sts() {
    let world = world();
    for (kind, status, expected) in [
        (FaultKind::Denied, 403, "AccessDenied"),
        (FaultKind::Throttle, 400, "Throttling"),
        (FaultKind::ExpiredToken, 403, "ExpiredToken"),
        (FaultKind::AuthFailure, 403, "InvalidClientTokenId"),
        (FaultKind::InternalError, 500, "InternalFailure"),
        (FaultKind::Unavailable, 503, "ServiceUnavailable"),
        (
            FaultKind::Error {
                status: 403,
                code: "RegionDisabledException".into(),
                message: "off".into(),
            },
            403,
            "RegionDisabledException",
        ),
    ] {
        world.add_fault(FaultRule::new(kind).on("AssumeRole").in_account(MEMBER).times(1));
        assert_eq!(code(&assume(&world, "444455556666", "")), (200, "OK".to_owned()));
        assert_eq!(code(&assume(&world, MEMBER, "")), (status, expected.to_owned()));
        assert_eq!(code(&assume(&world, MEMBER, "")), (200, "OK".to_owned()));
    }
    let fields = vec!["SessionToken".to_owned()];
    world.add_fault(FaultRule::new(FaultKind::MissingFields { fields, item: None }).times(1));
    assert!(!text(&assume(&world, MEMBER, "")).contains("SessionToken"));
}

#[test]
fn roles_are_assumed_as_often_as_sts_allows_to_their_caller() {
    let world = world();
    for number in 0..600_u64 {
        let account = format!("{:012}", 111_111_111_111 + number);
        assert_eq!(assume(&world, &account, "").status, 200);
    }
    assert_eq!(code(&assume(&world, MEMBER, "")), (400, "Throttling".to_owned()));
    world.advance(Duration::from_secs(1));
    assert_eq!(assume(&world, MEMBER, "").status, 200);
}
