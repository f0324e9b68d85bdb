//! The words of a target that cannot be listed, or can be listed again.

use super::command::{Command, Commands};
use super::facts::{Fact, time};
use super::next::{Next, step};
use super::sentence::Sentence;
use super::{Story, Tone, Why, reason, subject};
use crate::event::{Event, Outcome};
use crate::render::text::{duration, plain, truncate};

/// The story of a target. `tasks` is what its listing holds, such as `AMI store tasks`.
pub(super) fn story(event: &Event, tasks: &'static str) -> Story {
    let is_blind = event.detail.outcome == Outcome::Blind;
    Story {
        subject: subject::line_of_target(event, tasks),
        subject_names: vec![event.region.clone(), event.account.clone()],
        tone: if is_blind { Tone::Bad } else { Tone::Good },
        headline: headline(event, tasks),
        facts: facts(event),
        why: is_blind.then(|| reason(event).map_or(Why::NotGiven, Why::Given)),
        next: if is_blind { blind(event) } else { seeing(event) },
        links: Vec::new(),
        name: tasks.to_owned(),
        tasks,
    }
}

fn headline(event: &Event, tasks: &'static str) -> Sentence {
    let begin = Sentence::new("The ").say(tasks).say(" of account ").name(&event.account);
    let begin = begin.say(" in ").name(&event.region);
    match (event.detail.outcome, lasted(event)) {
        (Outcome::Blind, Some(length)) => begin.say(format!(" could not be listed for {length}.")),
        (Outcome::Blind, None) => begin.say(" cannot be listed."),
        (_, Some(length)) => begin.say(format!(" can be listed again, after {length}.")),
        (_, None) => begin.say(" can be listed again."),
    }
}

fn lasted(event: &Event) -> Option<String> {
    let (since, seen) = (event.detail.since?, event.detail.observed_at?);
    u64::try_from(seen.duration_since(since).as_secs()).ok().map(duration)
}

fn facts(event: &Event) -> Vec<Fact> {
    let detail = &event.detail;
    let all = [
        ("Region", Some(event.region.clone()), false),
        ("Account", Some(event.account.clone()), false),
        ("Kind", Some(detail.kind.to_string()), true),
        ("Since", detail.since.map(time), false),
        ("Noticed", Some(time(detail.observed_at.unwrap_or(event.time))), false),
    ];
    let shown = all.into_iter().filter_map(|(label, value, is_ours)| {
        let value = truncate(&plain(&value?), 100);
        (!value.is_empty()).then_some(Fact { label, value, is_ours })
    });
    shown.collect()
}

/// Asks EC2 what the poller asks it.
pub(super) fn list(event: &Event) -> Command {
    let words = event.detail.kind.identity().operation;
    let mut name = String::new();
    for letter in words.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    Commands::of(event).in_region(&format!("aws ec2 {name}"))
}

fn examine(event: &Event) -> Command {
    let kind = event.detail.kind;
    Commands::of(event).in_region(&format!("amiwatch doctor --kind {kind}"))
}

fn blind(event: &Event) -> Next {
    let reason = reason(event).unwrap_or_default();
    let says = |words: &[&str]| words.iter().any(|word| reason.contains(word));
    // STS denies with the same word as EC2, and then it is not the right to list that is missing.
    let cause = if says(&["cannot be assumed"]) {
        "The poller could not assume its role in this account. The account must have the role, the role must \
         trust the poller's own and ask for the same external id, and no policy of the organisation may \
         forbid it. See whether EC2 answers somebody in the account."
    } else if says(&["UnauthorizedOperation", "AccessDenied"]) {
        "The poller may not list them. Its role must have the right, in this Region, and no policy of the \
         organisation may deny it. See what you may do yourself."
    } else if says(&["RequestLimitExceeded", "Throttl"]) {
        "EC2 throttles the listing: other programs in this account and Region take all its calls. A loop \
         around `aws ec2 wait` is a common one. See whether it answers now."
    } else if says(&["AuthFailure", "OptInRequired", "InvalidClientTokenId"]) {
        "The Region may not be enabled in this account. Enable it, or take it out of what is watched. See \
         whether it answers you."
    } else {
        "See whether EC2 answers you. If it does, what keeps it from the poller lies between: the network, \
         a proxy, an endpoint, the credentials."
    };
    Next {
        meaning: "Nothing is told of these tasks at the moment. What ends meanwhile is told as soon as they \
                  can be listed again, as long as EC2 still lists it then. You will hear once more when \
                  that is so.",
        steps: vec![
            step(cause, list(event)),
            step("Let amiwatch examine each right that it needs.", examine(event)),
        ],
    }
}

fn seeing(event: &Event) -> Next {
    Next {
        meaning: "There is nothing to do. What ended in the meantime is told now, as long as EC2 still \
                  lists it.",
        steps: vec![step("To look through all that EC2 lists, ask it.", list(event))],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;
    use crate::task::Kind;

    #[test]
    fn a_role_that_cannot_be_assumed_is_told_from_a_right_that_is_missing() {
        let cause = |message: &str| {
            let mut event = sample::event(Kind::StoreImage, Outcome::Blind);
            if let Some(failure) = &mut event.detail.failure {
                failure.message = Some(message.to_owned());
            }
            Story::of(&event).next.steps[0].say
        };
        let denied = "DescribeStoreImageTasks in us-east-1: UnauthorizedOperation: no";
        assert!(cause(denied).starts_with("The poller may not list them"));
        let not_assumed = "DescribeStoreImageTasks in us-east-1: the role \
            arn:aws:iam::111122223333:role/amiwatch-member cannot be assumed: AccessDenied: no";
        assert!(cause(not_assumed).contains("trust the poller's own"), "{}", cause(not_assumed));
    }
}
