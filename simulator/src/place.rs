//! Where a call goes: an account, a Region, and the partition of that Region.

use crate::names::is_account;

/// The account of callers whose access key id is not itself an account id.
pub const DEFAULT_ACCOUNT: &str = "123456789012";

/// One account in one Region, which has tasks and limits of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) account: String,
    pub(crate) region: String,
}

impl Place {
    pub(crate) fn new(account: impl Into<String>, region: impl Into<String>) -> Self {
        Self { account: account.into(), region: region.into() }
    }

    /// The place of a call that is signed with this access key id.
    pub(crate) fn of_caller(access_key_id: &str, region: &str) -> Self {
        let account = if is_account(access_key_id) { access_key_id } else { DEFAULT_ACCOUNT };
        Self::new(account, region)
    }

    pub(crate) fn partition(&self) -> Partition {
        Partition::of_region(&self.region)
    }
}

/// An AWS partition: a set of Regions that no account reaches from another partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Partition {
    /// As ARNs have it.
    pub(crate) name: &'static str,
    region_prefix: &'static str,
    /// What the names of its endpoints end in.
    pub(crate) dns_suffix: &'static str,
}

/// The commercial Regions, whose codes have no prefix in common.
const COMMERCIAL: Partition =
    Partition { name: "aws", region_prefix: "", dns_suffix: "amazonaws.com" };

/// As in `partitions.json`, which AWS ships with its SDKs.
const OTHERS: [Partition; 7] = [
    Partition { name: "aws-cn", region_prefix: "cn-", dns_suffix: "amazonaws.com.cn" },
    Partition { name: "aws-us-gov", region_prefix: "us-gov-", dns_suffix: "amazonaws.com" },
    Partition { name: "aws-eusc", region_prefix: "eusc-", dns_suffix: "amazonaws.eu" },
    Partition { name: "aws-iso", region_prefix: "us-iso-", dns_suffix: "c2s.ic.gov" },
    Partition { name: "aws-iso-b", region_prefix: "us-isob-", dns_suffix: "sc2s.sgov.gov" },
    Partition { name: "aws-iso-e", region_prefix: "eu-isoe-", dns_suffix: "cloud.adc-e.uk" },
    Partition { name: "aws-iso-f", region_prefix: "us-isof-", dns_suffix: "csp.hci.ic.gov" },
];

impl Partition {
    /// A code without a known prefix is a commercial Region, as that of every new one has been.
    pub(crate) fn of_region(region: &str) -> Self {
        let mut others = OTHERS.into_iter();
        others.find(|other| region.starts_with(other.region_prefix)).unwrap_or(COMMERCIAL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_belongs_to_one_partition() {
        for (region, suffix) in [
            ("us-east-1", "amazonaws.com"),
            ("xx-new-1", "amazonaws.com"),
            ("cn-north-1", "amazonaws.com.cn"),
            ("us-gov-west-1", "amazonaws.com"),
            ("us-iso-east-1", "c2s.ic.gov"),
            ("us-isob-east-1", "sc2s.sgov.gov"),
            ("eusc-de-east-1", "amazonaws.eu"),
        ] {
            assert_eq!(Partition::of_region(region).dns_suffix, suffix, "{region}");
        }
        assert_ne!(Partition::of_region("us-gov-west-1"), Partition::of_region("us-west-1"));
    }
}
