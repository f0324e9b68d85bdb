//! Links into the management console of the right partition.

use crate::event::Event;
use crate::render::escape::percent;

/// A link and the words on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What opens, in a few words.
    pub label: &'static str,
    /// The address.
    pub url: String,
}

/// Chats refuse long links (Slack above 3,000 characters), and nobody misses such a one.
const LONGEST_URL: usize = 2_000;

impl Link {
    /// Whether every chat takes it.
    pub(super) fn is_short(&self) -> bool {
        self.url.len() <= LONGEST_URL
    }
}

/// The console of one Region.
pub(super) struct Console<'a> {
    host: &'static str,
    region: String,
    event: &'a Event,
}

impl<'a> Console<'a> {
    /// The console for an event; none in a partition without a public one.
    pub(super) fn of(event: &'a Event) -> Option<Self> {
        let host = event.place().partition().console_host()?;
        Some(Self { host, region: percent(&event.region), event })
    }

    /// The AMI in EC2.
    pub(super) fn image(&self) -> Option<Link> {
        let id = self.event.detail.subject.image_id.as_deref()?;
        Some(self.ec2("AMI in EC2", &format!("ImageDetails:imageId={}", percent(id))))
    }

    /// The instance in EC2.
    pub(super) fn instance(&self) -> Option<Link> {
        let id = self.event.detail.subject.instance_id.as_deref()?;
        Some(self.ec2("Instance in EC2", &format!("InstanceDetails:instanceId={}", percent(id))))
    }

    /// The snapshot in EC2.
    pub(super) fn snapshot(&self) -> Option<Link> {
        let id = self.event.detail.subject.snapshot_id.as_deref()?;
        Some(self.ec2("Snapshot in EC2", &format!("SnapshotDetails:snapshotId={}", percent(id))))
    }

    /// The object in S3.
    pub(super) fn object(&self) -> Option<Link> {
        let key = self.event.detail.subject.object_key.as_deref()?;
        self.s3("Object in S3", "object", Some(key))
    }

    /// The bucket in S3, where there is a prefix with what begins with it.
    pub(super) fn bucket(&self) -> Option<Link> {
        self.s3("Bucket in S3", "buckets", self.event.detail.subject.prefix.as_deref())
    }

    /// What a fragment of the EC2 console shows.
    fn ec2(&self, label: &'static str, fragment: &str) -> Link {
        let (host, region) = (self.host, &self.region);
        let url = format!("https://{host}/ec2/home?region={region}#{fragment}");
        Link { label, url }
    }

    fn s3(&self, label: &'static str, path: &str, prefix: Option<&str>) -> Option<Link> {
        let bucket = self.event.detail.subject.bucket.as_deref().filter(|it| !it.is_empty())?;
        let (host, region, bucket) = (self.host, &self.region, percent(bucket));
        let mut url = format!("https://{host}/s3/{path}/{bucket}?region={region}");
        url.extend(prefix.map(|prefix| format!("&prefix={}", percent(prefix))));
        Some(Link { label, url })
    }
}

#[cfg(test)]
mod tests {
    use crate::event::Outcome;
    use crate::render::{Story, sample};
    use crate::task::Kind;

    #[test]
    fn every_partition_has_links_of_its_own_or_none() {
        let mut event = sample::event(Kind::StoreImage, Outcome::Completed);
        for (region, host) in [
            ("us-east-1", "https://console.aws.amazon.com/"),
            ("cn-north-1", "https://console.amazonaws.cn/"),
            ("us-gov-west-1", "https://console.amazonaws-us-gov.com/"),
            ("eusc-de-east-1", "https://console.amazonaws-eusc.eu/"),
        ] {
            event.region = region.into();
            let links = Story::of(&event).links;
            assert_eq!(links.len(), 2);
            assert!(links.iter().all(|link| link.url.starts_with(host)), "{links:?}");
        }
        event.region = "us-iso-east-1".into();
        assert_eq!(Story::of(&event).links, []);
    }
}
