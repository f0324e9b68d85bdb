//! The subject line: outcome, what and where, in a form that SNS never refuses.

use super::image;
use super::words::Words;
use crate::event::{Event, Outcome};
use crate::render::text::{ascii_subject, shorten};

/// SNS takes fewer than 100 characters.
pub const LONGEST: usize = 99;

/// EC2's longest ids, `import-snap-` and 17 characters, are 29 long: only nonsense is shortened.
const LONGEST_NAME: usize = 32;

/// More than any Region's code has.
const LONGEST_REGION: usize = 24;

/// Fewer characters of an AMI's name say nothing.
const SHORTEST_IMAGE_NAME: usize = 12;

/// At most 99 characters of printable ASCII on one line, starting with a letter.
pub(super) fn line(event: &Event, words: &Words) -> String {
    let subject = &event.detail.subject;
    let end = format!(" ({})", name(&event.region, LONGEST_REGION));
    let start = format!("{}: {} ", word(event.detail.outcome), words.noun);
    let task = name(subject.name(), LONGEST_NAME);
    let used = start.len() + task.len() + end.len();
    let beside = (words.beside)(subject).map_or_else(String::new, |(joint, what)| {
        let room = LONGEST.saturating_sub(used + joint.len());
        format!("{joint}{}", shorten(&or_unknown(ascii_subject(what)), room))
    });
    let task = with_image_name(event, task, LONGEST.saturating_sub(used + beside.len()));
    format!("{start}{task}{beside}{end}")
}

/// The same of a target: `Blind: AMI store tasks of 123456789012 (us-east-1)`.
pub(super) fn line_of_target(event: &Event, tasks: &str) -> String {
    let word = word(event.detail.outcome);
    let account = name(&event.account, LONGEST_NAME);
    format!("{word}: {tasks} of {account} ({})", name(&event.region, LONGEST_REGION))
}

/// The task with the name of its AMI in as much room as nothing else needs.
fn with_image_name(event: &Event, task: String, room: usize) -> String {
    let room = room.saturating_sub(" of ".len());
    match image::name(event).map(ascii_subject) {
        Some(name) if room >= SHORTEST_IMAGE_NAME => {
            let name = shorten(&name, room);
            // A task without an id is called by its AMI's.
            if event.detail.subject.task_id.is_some() {
                format!("{task} of {name}")
            } else {
                format!("{name} ({task})")
            }
        }
        _ => task,
    }
}

/// The names from outside that the line holds.
pub(super) fn names(event: &Event, words: &Words) -> Vec<String> {
    let subject = &event.detail.subject;
    let beside = (words.beside)(subject).map(|(_, name)| name.to_owned());
    let image = image::name(event).map(str::to_owned);
    let always = [subject.name().to_owned(), event.region.clone()].into_iter();
    always.chain(beside).chain(image).collect()
}

/// The outcome as a sentence begins with it.
#[must_use]
pub fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Completed => "Completed",
        Outcome::Failed => "Failed",
        Outcome::Cancelled => "Cancelled",
        Outcome::Vanished => "Vanished",
        Outcome::Stalled => "Stalled",
        Outcome::Started => "Started",
        Outcome::Blind => "Blind",
        Outcome::Seeing => "Seeing again",
    }
}

fn name(text: &str, longest: usize) -> String {
    shorten(&or_unknown(ascii_subject(text)), longest)
}

fn or_unknown(text: String) -> String {
    if text.is_empty() { "unknown".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{sample, subject};
    use crate::task::Kind;

    #[test]
    fn the_subject_says_outcome_what_and_where() {
        assert_eq!(
            subject(&sample::event(Kind::StoreImage, Outcome::Completed)),
            "Completed: AMI store web-golden-2026-11 (ami-0123456789abcdef0) to my-bucket (us-east-1)"
        );
        assert_eq!(
            subject(&sample::event(Kind::Bundle, Outcome::Failed)),
            "Failed: bundle bun-c1a540a8 of i-12345678 (us-east-1)"
        );
    }

    #[test]
    fn a_long_bucket_gives_way_and_the_region_stays() {
        let mut event = sample::event(Kind::StoreImage, Outcome::Completed);
        event.region = "us-gov-west-1".into();
        event.detail.subject.bucket = Some("b".repeat(63));
        let line = subject(&event);
        assert_eq!(line.len(), LONGEST);
        assert!(line.ends_with("bbb (us-gov-west-1)") && line.contains("b...b"), "{line}");
    }

    #[test]
    fn no_id_that_ec2_gives_is_shortened() {
        for kind in Kind::ALL {
            let id = format!("{}0123456789abcdefx", kind.identity().id_prefix);
            let mut event = sample::event(kind, Outcome::Failed);
            let task = &mut event.detail.subject;
            let names = task.task_id.as_mut().or(task.image_id.as_mut());
            names.expect("a name").clone_from(&id);
            assert!(subject(&event).contains(&id), "{}", subject(&event));
        }
    }

    #[test]
    fn an_ami_is_called_by_its_name_in_what_room_the_rest_leaves() {
        let line = |kind, name: Option<&str>, bucket: &str| {
            let mut event = sample::event(kind, Outcome::Completed);
            event.detail.image_name = name.map(str::to_owned);
            event.detail.subject.bucket = Some(bucket.to_owned());
            subject(&event)
        };
        let store = "AMI store ami-0123456789abcdef0 to my-bucket (us-east-1)";
        assert_eq!(line(Kind::StoreImage, None, "my-bucket"), format!("Completed: {store}"));
        assert_eq!(line(Kind::StoreImage, Some(" "), "my-bucket"), format!("Completed: {store}"));
        assert_eq!(
            line(Kind::StoreImage, Some(&"n".repeat(128)), "my-bucket"),
            format!(
                "Completed: AMI store {}...nnnnnnnn (ami-0123456789abcdef0) to my-bucket (us-east-1)",
                "n".repeat(17)
            )
        );
        let long = line(Kind::StoreImage, Some("web-golden"), &"b".repeat(40));
        assert!(long.contains("store ami-0123456789abcdef0 to"), "{long}");
        assert_eq!(
            line(Kind::ExportImage, Some("web-golden"), "my-bucket"),
            "Completed: image export export-ami-1234567890abcdef0 of web-golden to my-bucket (us-east-1)"
        );
        // EC2 calls an imported AMI by the import: once is enough.
        let import = line(Kind::ImportImage, Some("import-ami-1234567890abcdef0"), "my-bucket");
        assert_eq!(import.matches("import-ami").count(), 1, "{import}");
    }
}
