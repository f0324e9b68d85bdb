//! The AWS CLI commands that a person may paste: every value in them quoted, or none printed.

use super::escape::shell;
use crate::event::{Event, EventSubject};

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

/// The names that one event's commands are made of.
#[derive(Debug, Clone, Copy)]
pub struct Commands<'a> {
    event: &'a Event,
}

impl<'a> Commands<'a> {
    /// The commands about an event.
    pub(super) fn of(event: &'a Event) -> Self {
        Self { event }
    }

    /// Copies the stored object to another bucket. What the reader has to fill in is in capitals,
    /// which no bucket's name has: pasted as it is, the command fails and does nothing.
    pub(super) fn copy_elsewhere(self) -> Command {
        let (from, region) = (self.object()?, quoted(&self.event.region)?);
        Ok(format!(
            "aws s3 cp {from} s3://OTHER-BUCKET/ --source-region {region} --region OTHER-REGION"
        ))
    }

    /// Downloads the stored object.
    pub(super) fn copy_here(self) -> Command {
        self.in_region(&format!("aws s3 cp {} .", self.object()?))
    }

    /// Shows whether the object is there.
    pub(super) fn head_object(self) -> Command {
        let (bucket, key) = (self.bucket()?, quoted(self.raw_key()?)?);
        self.in_region(&format!("aws s3api head-object --bucket {bucket} --key {key}"))
    }

    /// Makes an AMI of the object.
    pub(super) fn restore(self) -> Command {
        let (bucket, key) = (self.bucket()?, quoted(self.raw_key()?)?);
        let name = quoted(&format!("{}-restored", self.raw_image()?))?;
        self.in_region(&format!(
            "aws ec2 create-restore-image-task --object-key {key} --bucket {bucket} --name {name}"
        ))
    }

    /// Starts the store again.
    pub(super) fn store_again(self) -> Command {
        let (image, bucket) = (quoted(self.raw_image()?)?, self.bucket()?);
        self.in_region(&format!(
            "aws ec2 create-store-image-task --image-id {image} --bucket {bucket}"
        ))
    }

    /// Shows the newest store of the AMI.
    pub(super) fn show_store(self) -> Command {
        let image = quoted(self.raw_image()?)?;
        self.in_region(&format!("aws ec2 describe-store-image-tasks --image-ids {image}"))
    }

    /// Lists the stores in progress.
    pub(super) fn stores_in_progress(self) -> Command {
        self.in_region(
            "aws ec2 describe-store-image-tasks --filters Name=task-state,Values=InProgress",
        )
    }

    /// Lists the AMI's snapshots with their encryption; an error where one is gone or closed.
    pub(super) fn snapshots(self) -> Command {
        let (image, region) = (quoted(self.raw_image()?)?, quoted(&self.event.region)?);
        Ok(format!(
            "aws ec2 describe-snapshots --snapshot-ids $(aws ec2 describe-images --image-ids \
             {image} --query 'Images[].BlockDeviceMappings[].Ebs.SnapshotId' --output text \
             --region {region}) --query 'Snapshots[].[SnapshotId,State,Encrypted,KmsKeyId]' \
             --output text --region {region}"
        ))
    }

    /// Shows whether the bucket is there and open to the caller.
    pub(super) fn head_bucket(self) -> Command {
        self.in_region(&format!("aws s3api head-bucket --bucket {}", self.bucket()?))
    }

    /// Shows the key that the bucket encrypts with.
    pub(super) fn bucket_encryption(self) -> Command {
        self.in_region(&format!("aws s3api get-bucket-encryption --bucket {}", self.bucket()?))
    }

    /// Lists what lies in the bucket, for a bundle what begins with its prefix.
    pub(super) fn list_objects(self) -> Command {
        let uri = match self.bundle_prefix() {
            Some(prefix) => format!("s3://{}/{prefix}", self.raw_bucket()?),
            None => format!("s3://{}/", self.raw_bucket()?),
        };
        self.in_region(&format!("aws s3 ls {}", quoted(&uri)?))
    }

    /// Registers an AMI from the bundle's manifest.
    pub(super) fn register(self) -> Command {
        let prefix = self.bundle_prefix().ok_or(NoCommand::NotGiven)?;
        let manifest = format!("{}/{prefix}.manifest.xml", self.raw_bucket()?);
        self.in_region(&format!(
            "aws ec2 register-image --image-location {} --name {}",
            quoted(&manifest)?,
            self.bundle()?
        ))
    }

    /// Shows the bundle task, without the upload policy and signature that EC2 lists with it.
    pub(super) fn show_bundle(self) -> Command {
        self.in_region(&format!(
            "aws ec2 describe-bundle-tasks --bundle-ids {} --query \
             'BundleTasks[].[BundleId,State,Progress,BundleTaskError.Message]' --output text",
            self.bundle()?
        ))
    }

    /// Shows what kind of instance it is.
    pub(super) fn instance(self) -> Command {
        let id = match &self.event.detail.subject {
            EventSubject::Bundle { instance_id, .. } => given(instance_id.as_deref())?,
            EventSubject::StoreImage { .. } => return Err(NoCommand::NotGiven),
        };
        self.in_region(&format!(
            "aws ec2 describe-instances --instance-ids {} --query \
             'Reservations[].Instances[].[Platform,RootDeviceType,State.Name]' --output text",
            quoted(id)?
        ))
    }

    fn in_region(self, command: &str) -> Command {
        Ok(format!("{command} --region {}", quoted(&self.event.region)?))
    }

    fn raw_bucket(self) -> Result<&'a str, NoCommand> {
        given(self.event.detail.bucket.as_deref())
    }

    fn bucket(self) -> Command {
        quoted(self.raw_bucket()?)
    }

    fn raw_key(self) -> Result<&'a str, NoCommand> {
        match &self.event.detail.subject {
            EventSubject::StoreImage { object_key, .. } => given(object_key.as_deref()),
            EventSubject::Bundle { .. } => Err(NoCommand::NotGiven),
        }
    }

    fn object(self) -> Command {
        quoted(&format!("s3://{}/{}", self.raw_bucket()?, self.raw_key()?))
    }

    fn raw_image(self) -> Result<&'a str, NoCommand> {
        match &self.event.detail.subject {
            EventSubject::StoreImage { image_id, .. } => given(Some(image_id)),
            EventSubject::Bundle { .. } => Err(NoCommand::NotGiven),
        }
    }

    fn bundle(self) -> Command {
        match &self.event.detail.subject {
            EventSubject::Bundle { bundle_id, .. } => quoted(given(Some(bundle_id))?),
            EventSubject::StoreImage { .. } => Err(NoCommand::NotGiven),
        }
    }

    fn bundle_prefix(self) -> Option<&'a str> {
        match &self.event.detail.subject {
            EventSubject::Bundle { prefix, .. } => prefix.as_deref().filter(|it| !it.is_empty()),
            EventSubject::StoreImage { .. } => None,
        }
    }
}

fn given(value: Option<&str>) -> Result<&str, NoCommand> {
    value.filter(|value| !value.is_empty()).ok_or(NoCommand::NotGiven)
}

fn quoted(value: &str) -> Command {
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
        event.detail.bucket = Some("b; rm -rf ~ $(id) 'x'".into());
        assert_eq!(
            Commands::of(&event).head_bucket().expect("quotable"),
            r"aws s3api head-bucket --bucket 'b; rm -rf ~ $(id) '\''x'\''' --region us-east-1"
        );
        event.detail.bucket = Some("b\nid".into());
        assert_eq!(Commands::of(&event).copy_elsewhere(), Err(NoCommand::Unsafe));
        event.detail.bucket = None;
        assert_eq!(Commands::of(&event).restore(), Err(NoCommand::NotGiven));
    }
}
