//! STS's `AssumeRole` and `GetCallerIdentity`, for callers that look at many accounts through roles.
//!
//! The access key id of a role's session is the account of the role, which is how the simulator takes
//! the account from a signature.

mod role;

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use crate::actions::context::{Context, time};
use crate::actions::part::{Action, Part};
use crate::clock::later;
use crate::error::ApiError;
use crate::params::Params;
use crate::place::Place;
use crate::request::Incoming;
use crate::service::Service;
use crate::xml::Element;
use role::{Role, is_word};

const ASSUME_ROLE: &str = "AssumeRole";
/// How long a session lasts where the call does not say, and what it may say, in seconds.
const DURATION: u64 = 3_600;
const SHORTEST: u64 = 900;
const LONGEST: u64 = 43_200;

/// What is served of STS.
pub(crate) static PART: Part = Part {
    actions: &[
        Action {
            name: ASSUME_ROLE,
            parameters: &[
                "RoleArn",
                "RoleSessionName",
                "ExternalId",
                "DurationSeconds",
                "Policy",
                "PolicyArns.member.N.arn",
                "Tags.member.N.Key",
                "Tags.member.N.Value",
                "TransitiveTagKeys.member.N",
                "SerialNumber",
                "TokenCode",
                "SourceIdentity",
            ],
            run: assume_role,
        },
        Action { name: "GetCallerIdentity", parameters: &[], run: caller_identity },
    ],
    elements: &[
        "AccessKeyId",
        "Account",
        "Arn",
        "AssumedRoleId",
        "AssumedRoleUser",
        "Credentials",
        "Expiration",
        "SecretAccessKey",
        "SessionToken",
        "UserId",
    ],
};

/// The place that a call is about: for a role its account, for all else the caller's place.
pub(crate) fn reached<'a>(incoming: &Incoming, caller: &'a Place) -> Cow<'a, Place> {
    let params = Params(&incoming.params);
    match params.get("RoleArn").and_then(Role::of) {
        Some(role) if incoming.service == Service::Sts && incoming.action == ASSUME_ROLE => {
            Cow::Owned(Place::new(role.account, caller.region.as_str()))
        }
        _ => Cow::Borrowed(caller),
    }
}

fn assume_role(context: &mut Context<'_>) -> Result<Vec<Element>, ApiError> {
    let params = context.params;
    let arn = required(params, "RoleArn", "roleArn")?;
    let session = required(params, "RoleSessionName", "roleSessionName")?;
    check_words("roleSessionName", session, 64, "")?;
    if let Some(id) = params.get("ExternalId") {
        check_words("externalId", id, 1_224, ":/")?;
    }
    let duration = duration(params)?;
    let partition = context.place.partition().name;
    let role = Role::of(arn).filter(|role| role.partition == partition);
    let role = role.ok_or_else(|| invalid(format!("{arn} is invalid")))?;
    let rng = &mut context.state.rng;
    let mut secret =
        |length: usize| -> String { (0..length).map(|_| rng.alphanumeric()).collect() };
    let credentials = vec![
        Element::text("AccessKeyId", role.account),
        Element::text("SecretAccessKey", secret(40)),
        Element::text("SessionToken", secret(356)),
        Element::text("Expiration", time(later(context.now, duration))),
    ];
    let user = vec![
        Element::text("AssumedRoleId", format!("{}:{session}", id_of(arn))),
        Element::text("Arn", role.session_arn(session)),
    ];
    Ok(vec![Element::parent("Credentials", credentials), Element::parent("AssumedRoleUser", user)])
}

/// A session's caller is its account: nothing in its signature says which role it is of.
// An action may fail, but this one does not.
#[allow(clippy::unnecessary_wraps)]
fn caller_identity(context: &mut Context<'_>) -> Result<Vec<Element>, ApiError> {
    let account = context.place.account.as_str();
    let partition = context.place.partition().name;
    Ok(vec![
        Element::text("Arn", format!("arn:{partition}:iam::{account}:root")),
        Element::text("UserId", account),
        Element::text("Account", account),
    ])
}

fn invalid(message: String) -> ApiError {
    ApiError::new("ValidationError", message)
}

/// STS's sentence on a parameter that breaks a rule.
fn broken(field: &str, value: &str, rule: &str) -> ApiError {
    let failed = format!("Value {value} at '{field}' failed to satisfy constraint: {rule}");
    invalid(format!("1 validation error detected: {failed}"))
}

fn required<'a>(params: Params<'a>, name: &str, field: &str) -> Result<&'a str, ApiError> {
    let found = params.0.iter().rev().find(|(known, value)| known == name && !value.is_empty());
    let found = found.map(|(_, value)| value.as_str());
    found.ok_or_else(|| broken(field, "null", "Member must not be null"))
}

/// Refuses what is not 2 to `most` of the characters that names have, and of `more`.
fn check_words(field: &str, text: &str, most: usize, more: &str) -> Result<(), ApiError> {
    let is_one = |c: char| is_word(c) || more.contains(c);
    if (2..=most).contains(&text.len()) && text.chars().all(is_one) {
        return Ok(());
    }
    let rule = format!(
        "Member must have length from 2 to {most} and satisfy regular expression pattern: \
         [\\w+=,.@{more}-]*"
    );
    Err(broken(field, &format!("'{text}'"), &rule))
}

fn duration(params: Params<'_>) -> Result<Duration, ApiError> {
    let Some(text) = params.get("DurationSeconds") else {
        return Ok(Duration::from_secs(DURATION));
    };
    match text.parse::<u64>() {
        Ok(seconds) if (SHORTEST..=LONGEST).contains(&seconds) => Ok(Duration::from_secs(seconds)),
        _ => {
            let rule = format!("Member must have value from {SHORTEST} to {LONGEST}");
            Err(broken("durationSeconds", &format!("'{text}'"), &rule))
        }
    }
}

/// The id of a role, which is the same for each of its sessions.
fn id_of(arn: &str) -> String {
    let mut hasher = DefaultHasher::new();
    arn.hash(&mut hasher);
    format!("AROA{:017X}", hasher.finish())
}
