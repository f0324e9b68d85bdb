//! Links into the management console of the right partition.

use super::escape::percent;
use crate::event::{Event, EventSubject, Outcome};

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

/// Where to look in the console; none in a partition without a public one.
#[must_use]
pub fn links(event: &Event) -> Vec<Link> {
    let Some(host) = event.place().partition().console_host() else { return Vec::new() };
    let region = percent(&event.region);
    let ec2 = |fragment: String| format!("https://{host}/ec2/home?region={region}#{fragment}");
    let bucket = event.detail.bucket.as_deref().filter(|name| !name.is_empty()).map(percent);
    let s3 = |label, path: &str, prefix: Option<&str>| {
        let prefix = prefix.map(|prefix| format!("&prefix={}", percent(prefix)));
        bucket.as_ref().map(|bucket| Link {
            label,
            url: format!(
                "https://{host}/s3/{path}/{bucket}?region={region}{}",
                prefix.unwrap_or_default()
            ),
        })
    };
    // Until a store completes there is no object to show.
    let stored = event.detail.outcome == Outcome::Completed;
    let (files, machine) = match &event.detail.subject {
        EventSubject::StoreImage { image_id, object_key } => (
            match object_key {
                Some(key) if stored => s3("Object in S3", "object", Some(key)),
                _ => s3("Bucket in S3", "buckets", None),
            },
            Some(Link {
                label: "AMI in EC2",
                url: ec2(format!("ImageDetails:imageId={}", percent(image_id))),
            }),
        ),
        EventSubject::Bundle { instance_id, prefix, .. } => (
            s3("Bucket in S3", "buckets", prefix.as_deref()),
            instance_id.as_ref().map(|id| Link {
                label: "Instance in EC2",
                url: ec2(format!("InstanceDetails:instanceId={}", percent(id))),
            }),
        ),
    };
    files.into_iter().chain(machine).filter(|link| link.url.len() <= LONGEST_URL).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;
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
            let links = links(&event);
            assert_eq!(links.len(), 2);
            assert!(links.iter().all(|link| link.url.starts_with(host)), "{links:?}");
        }
        event.region = "us-iso-east-1".into();
        assert_eq!(links(&event), []);
    }
}
