//! The AWS CLI commands that a person may paste: every value in them quoted, or none printed.

use crate::event::Event;
use crate::render::escape::shell;
use crate::task::Subject;

/// Why there is no command to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoCommand {
    /// EC2 did not give a name that the command needs.
    NotGiven,
    /// A name holds what no quoting makes safe to paste.
    Unsafe,
}

/// A command on one line.
pub type Command = Result<String, NoCommand>;

/// The names that one event's commands are made of, and the commands that several kinds share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Commands<'a> {
    event: &'a Event,
}

impl<'a> Commands<'a> {
    /// The commands about an event.
    pub(super) fn of(event: &'a Event) -> Self {
        Self { event }
    }

    /// The command in the event's Region.
    pub(super) fn in_region(self, command: &str) -> Command {
        Ok(format!("{command} --region {}", self.region()?))
    }

    /// Downloads the object.
    pub(super) fn copy_here(self) -> Command {
        self.in_region(&format!("aws s3 cp {} .", self.object()?))
    }

    /// Shows whether the object is there.
    pub(super) fn head_object(self) -> Command {
        let (bucket, key) = (self.bucket()?, self.key()?);
        self.in_region(&format!("aws s3api head-object --bucket {bucket} --key {key}"))
    }

    /// Shows whether the bucket is there and open to the caller.
    pub(super) fn head_bucket(self) -> Command {
        self.in_region(&format!("aws s3api head-bucket --bucket {}", self.bucket()?))
    }

    /// Shows the key that the bucket encrypts with.
    pub(super) fn bucket_encryption(self) -> Command {
        self.in_region(&format!("aws s3api get-bucket-encryption --bucket {}", self.bucket()?))
    }

    /// Lists what lies in the bucket, where there is a prefix what begins with it.
    pub(super) fn list_objects(self) -> Command {
        let prefix = self.subject().prefix.as_deref().unwrap_or_default();
        let uri = format!("s3://{}/{prefix}", self.raw_bucket()?);
        self.in_region(&format!("aws s3 ls {}", quoted(&uri)?))
    }

    /// What the event's task works on and makes.
    pub(super) fn subject(self) -> &'a Subject {
        &self.event.detail.subject
    }

    /// EC2's reason.
    pub(super) fn reason(self) -> Option<&'a str> {
        self.event.detail.failure.as_ref()?.message.as_deref()
    }

    pub(super) fn region(self) -> Command {
        quoted(&self.event.region)
    }

    pub(super) fn raw_bucket(self) -> Result<&'a str, NoCommand> {
        given(self.subject().bucket.as_deref())
    }

    pub(super) fn bucket(self) -> Command {
        quoted(self.raw_bucket()?)
    }

    pub(super) fn key(self) -> Command {
        quoted(given(self.subject().object_key.as_deref())?)
    }

    pub(super) fn object(self) -> Command {
        let key = given(self.subject().object_key.as_deref())?;
        quoted(&format!("s3://{}/{key}", self.raw_bucket()?))
    }

    pub(super) fn raw_image(self) -> Result<&'a str, NoCommand> {
        given(self.subject().image_id.as_deref())
    }

    pub(super) fn image(self) -> Command {
        quoted(self.raw_image()?)
    }

    pub(super) fn snapshot(self) -> Command {
        quoted(given(self.subject().snapshot_id.as_deref())?)
    }

    pub(super) fn instance(self) -> Command {
        quoted(given(self.subject().instance_id.as_deref())?)
    }

    /// EC2's id of the task.
    pub(super) fn task(self) -> Command {
        quoted(given(self.subject().task_id.as_deref())?)
    }
}

/// What EC2 gave.
pub(super) fn given(value: Option<&str>) -> Result<&str, NoCommand> {
    value.filter(|value| !value.is_empty()).ok_or(NoCommand::NotGiven)
}

/// A value as one argument.
pub(super) fn quoted(value: &str) -> Command {
    shell(value).ok_or(NoCommand::Unsafe)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Outcome;
    use crate::render::sample;
    use crate::task::Kind;

    #[test]
    fn a_name_from_outside_cannot_leave_its_argument() {
        let mut event = sample::event(Kind::StoreImage, Outcome::Completed);
        event.detail.subject.bucket = Some("b --endpoint-url x, y".into());
        assert_eq!(
            Commands::of(&event).head_bucket().expect("quotable"),
            "aws s3api head-bucket --bucket \"b --endpoint-url x, y\" --region us-east-1"
        );
        event.detail.subject.bucket = Some("b; rm -rf ~ $(id) 'x'".into());
        assert_eq!(Commands::of(&event).head_bucket(), Err(NoCommand::Unsafe));
        event.detail.subject.bucket = Some("b\nid".into());
        assert_eq!(Commands::of(&event).copy_here(), Err(NoCommand::Unsafe));
        event.detail.subject.bucket = None;
        assert_eq!(Commands::of(&event).head_object(), Err(NoCommand::NotGiven));
    }
}
