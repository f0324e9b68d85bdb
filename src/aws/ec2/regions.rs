//! The Regions that are enabled for an account, by `DescribeRegions`.

use super::Ec2Tasks;
use crate::aws::error::reason_of;

impl Ec2Tasks {
    /// The Regions that are enabled for the account, as the first of some Regions says.
    ///
    /// # Errors
    /// EC2 does not say.
    pub async fn regions(&self, ask_in: &[String]) -> Result<Vec<String>, String> {
        let Some(region) = ask_in.first() else { return Ok(Vec::new()) };
        let answer = self.client(region).describe_regions().send().await.map_err(|error| {
            let reason = reason_of("EC2", &error);
            format!("DescribeRegions in {region}: {reason}; name the Regions with --region")
        })?;
        let named = answer.regions.unwrap_or_default().into_iter();
        let mut regions: Vec<String> = named.filter_map(|region| region.region_name).collect();
        regions.sort();
        Ok(regions)
    }
}
