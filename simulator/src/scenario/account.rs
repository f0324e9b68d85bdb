//! What holds for an account in all its Regions, as a scenario or the admin surface describes it.

use serde::Deserialize;

use super::check::{Problem, check_text};
use super::text::Account;
use crate::names::is_region_code;
use crate::place::DEFAULT_ACCOUNT;
use crate::world::World;

/// One account.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountSpec {
    account: Option<Account>,
    regions: Vec<String>,
}

impl AccountSpec {
    /// Finds what the shape alone does not forbid.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        for (index, region) in self.regions.iter().enumerate() {
            let field = format!("regions[{index}]");
            check_text(&field, region, is_region_code, "Region code", "us-east-1")?;
        }
        Ok(())
    }

    /// Says in a world what it says.
    pub(crate) fn apply(&self, world: &World) {
        let account = self.account.as_ref().map_or(DEFAULT_ACCOUNT, |account| account.0.as_str());
        world.set_regions(account, self.regions.iter().cloned());
    }
}
