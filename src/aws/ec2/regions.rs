//! The Regions that are enabled for an account, by `DescribeRegions`.

use super::Ec2Tasks;
use crate::aws::error::reason_of;
use crate::place::Place;

impl Ec2Tasks {
    /// The Regions that are enabled for an account, in the order of their codes, as one of them says.
    /// Without a name the account is the own one.
    ///
    /// # Errors
    /// EC2 does not say.
    pub async fn regions(&self, account: &str, ask_in: &str) -> Result<Vec<String>, String> {
        let fail = |reason: &str| {
            let whose =
                if account.is_empty() { String::new() } else { format!(" of account {account}") };
            format!("DescribeRegions in {ask_in}{whose}: {reason}")
        };
        let client = self.client(&Place::new(account, ask_in));
        let answer = client.describe_regions().send().await;
        let answer = answer.map_err(|error| fail(&reason_of("EC2", &error)))?;
        let named = answer.regions.unwrap_or_default().into_iter();
        let mut regions: Vec<String> = named.filter_map(|region| region.region_name).collect();
        if regions.is_empty() {
            // Every account has some. Without any, nothing would be polled, and nobody would know.
            return Err(fail("EC2 answered without a Region"));
        }
        regions.sort();
        Ok(regions)
    }
}
