//! Where a task lives: account, Region and partition, and the ARNs that follow from them.

use serde::{Deserialize, Serialize};

/// One account in one Region: what one scan covers and one part of the table holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The 12-digit AWS account id.
    pub account: String,
    /// The Region's code, such as `us-east-1`.
    pub region: String,
}

impl Place {
    /// Names an account and a Region.
    #[must_use]
    pub fn new(account: impl Into<String>, region: impl Into<String>) -> Self {
        Self { account: account.into(), region: region.into() }
    }

    /// The partition that the Region belongs to.
    #[must_use]
    pub fn partition(&self) -> Partition {
        Partition::of_region(&self.region)
    }

    /// `arn:<partition>:ec2:<region>::image/<ami>`; AMI ARNs carry no account.
    #[must_use]
    pub fn image_arn(&self, image_id: &str) -> String {
        format!("arn:{}:ec2:{}::image/{image_id}", self.partition().id(), self.region)
    }

    /// `arn:<partition>:ec2:<region>::snapshot/<snapshot>`; these carry no account either.
    #[must_use]
    pub fn snapshot_arn(&self, snapshot_id: &str) -> String {
        format!("arn:{}:ec2:{}::snapshot/{snapshot_id}", self.partition().id(), self.region)
    }

    /// `arn:<partition>:ec2:<region>:<account>:instance/<instance>`.
    #[must_use]
    pub fn instance_arn(&self, instance_id: &str) -> String {
        format!(
            "arn:{}:ec2:{}:{}:instance/{instance_id}",
            self.partition().id(),
            self.region,
            self.account
        )
    }

    /// `arn:<partition>:s3:::<bucket>/<key>`.
    #[must_use]
    pub fn object_arn(&self, bucket: &str, key: &str) -> String {
        format!("arn:{}:s3:::{bucket}/{key}", self.partition().id())
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.account, self.region)
    }
}

/// An AWS partition: a separate set of Regions with ARNs and consoles of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Partition {
    /// Commercial Regions.
    Aws,
    /// China (Beijing, Ningxia).
    China,
    /// GovCloud (US).
    GovCloud,
    /// European Sovereign Cloud.
    EuropeanSovereign,
    /// The isolated partitions, by their id.
    Isolated(&'static str),
}

impl Partition {
    /// Which partition a Region code belongs to. An unheard-of prefix is a commercial Region,
    /// as every new Region without a prefix of its own has been.
    #[must_use]
    pub fn of_region(region: &str) -> Self {
        const PREFIXES: [(&str, Partition); 8] = [
            ("cn-", Partition::China),
            ("us-gov-", Partition::GovCloud),
            ("eusc-", Partition::EuropeanSovereign),
            ("us-iso-", Partition::Isolated("aws-iso")),
            ("us-isob-", Partition::Isolated("aws-iso-b")),
            ("eu-isoe-", Partition::Isolated("aws-iso-e")),
            ("us-isof-", Partition::Isolated("aws-iso-f")),
            ("eu-isof-", Partition::Isolated("aws-iso-f")),
        ];
        PREFIXES
            .iter()
            .find(|(prefix, _)| region.starts_with(prefix))
            .map_or(Self::Aws, |(_, partition)| *partition)
    }

    /// The id that ARNs carry, such as `aws-us-gov`.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::China => "aws-cn",
            Self::GovCloud => "aws-us-gov",
            Self::EuropeanSovereign => "aws-eusc",
            Self::Isolated(id) => id,
        }
    }

    /// The host of the management console, where the partition has a public one.
    #[must_use]
    pub fn console_host(self) -> Option<&'static str> {
        match self {
            Self::Aws => Some("console.aws.amazon.com"),
            Self::China => Some("console.amazonaws.cn"),
            Self::GovCloud => Some("console.amazonaws-us-gov.com"),
            Self::EuropeanSovereign => Some("console.amazonaws-eusc.eu"),
            Self::Isolated(_) => None,
        }
    }
}

/// Whether a text has the form of a Region code: letters, digits and hyphens, a digit at its end.
#[must_use]
pub fn is_region_code(text: &str) -> bool {
    text.len() <= 32
        && text.contains('-')
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.ends_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_partition_gets_its_own_arns() {
        for (region, partition) in [
            ("us-east-1", "aws"),
            ("eu-central-2", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            let place = Place::new("123456789012", region);
            assert_eq!(
                place.image_arn("ami-1"),
                format!("arn:{partition}:ec2:{region}::image/ami-1")
            );
            assert_eq!(place.object_arn("b", "k"), format!("arn:{partition}:s3:::b/k"));
            assert_eq!(
                place.instance_arn("i-1"),
                format!("arn:{partition}:ec2:{region}:123456789012:instance/i-1")
            );
        }
    }
}
