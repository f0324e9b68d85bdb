//! Which accounts are polled, where, for what and by which role: pure.
//!
//! A [`Wish`] is what somebody asks for of one account. Wishes come from settings
//! ([`of_accounts`]) or from a [`document`]; [`places`] makes of them what is polled.

pub mod document;
mod fresh;
mod json;
mod merged;

use std::collections::{BTreeMap, BTreeSet};

pub use self::fresh::{REGIONS_KNOWN_FOR, is_fresh};
use self::merged::Merged;
use crate::place::{Partition, Place};
use crate::poll::PlaceToPoll;
use crate::task::Kind;

/// What is asked for of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The 12-digit account id.
    pub account: String,
    /// Where in it.
    pub regions: Regions,
    /// What.
    pub kinds: BTreeSet<Kind>,
    /// By which role; the own account needs none.
    pub role: Option<Role>,
}

/// Some Regions, or all of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Regions {
    /// These, by code.
    Listed(Vec<String>),
    /// Those that are enabled for the account, whichever these are.
    All,
}

impl Regions {
    /// The Regions that are known without asking: none of [`Regions::All`].
    #[must_use]
    pub fn listed(&self) -> &[String] {
        match self {
            Self::Listed(regions) => regions,
            Self::All => &[],
        }
    }
}

/// A role that is assumed in an account. Its ARN follows from the account.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Role {
    /// The role's name, without a path.
    pub name: String,
    /// The external id that the role asks for.
    pub external_id: Option<String>,
}

impl Role {
    /// The ARN of the role in an account.
    #[must_use]
    pub fn arn(&self, partition: Partition, account: &str) -> String {
        format!("arn:{}:iam::{account}:role/{}", partition.id(), self.name)
    }
}

/// What counts where a document says nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defaults {
    /// The Regions.
    pub regions: Regions,
    /// The kinds.
    pub kinds: BTreeSet<Kind>,
    /// The role in accounts that are not the own one. An external id that a document gives goes with
    /// this name, and a name that it gives with this external id.
    pub role: Option<Role>,
    /// The own Region: all others must be of its partition, as credentials are valid in one.
    pub home_region: String,
    /// The account that needs no role; unknown, every account needs one.
    pub own_account: Option<String>,
}

impl Defaults {
    /// The role that is assumed in an account: none in the own one.
    ///
    /// # Errors
    /// The account is another, and no role is known.
    fn role_in(&self, account: &str, role: Option<&Role>) -> Result<Option<Role>, String> {
        if self.own_account.as_deref() == Some(account) {
            return Ok(None);
        }
        match role {
            Some(role) => Ok(Some(role.clone())),
            None => Err(format!(
                "account {account} is not the own one, and no role is named that is assumed in it: \
                 name one"
            )),
        }
    }
}

/// Wishes for some accounts, with the defaults in all of them. An account that is named twice counts
/// once.
///
/// # Errors
/// Every account that needs a role and has none.
pub fn of_accounts(accounts: &[String], defaults: &Defaults) -> Result<Vec<Wish>, Vec<String>> {
    let mut merged = Merged::default();
    let mut faults = Vec::new();
    for account in accounts {
        let added = defaults.role_in(account, defaults.role.as_ref()).and_then(|role| {
            let wish = Wish {
                account: account.clone(),
                regions: defaults.regions.clone(),
                kinds: defaults.kinds.clone(),
                role,
            };
            merged.add(wish, "the settings")
        });
        faults.extend(added.err());
    }
    if faults.is_empty() { Ok(merged.wishes()) } else { Err(faults) }
}

/// The places that wishes name, each once with all its kinds, by account and Region. `enabled` gives
/// the Regions of an account whose wish is for all of them.
pub fn places(wishes: &[Wish], enabled: impl Fn(&str) -> Vec<String>) -> Vec<PlaceToPoll> {
    let mut places: BTreeMap<Place, BTreeSet<Kind>> = BTreeMap::new();
    for wish in wishes {
        let regions = match &wish.regions {
            Regions::Listed(regions) => regions.clone(),
            Regions::All => enabled(&wish.account),
        };
        for region in regions {
            places.entry(Place::new(&wish.account, region)).or_default().extend(&wish.kinds);
        }
    }
    places.into_iter().map(|(place, kinds)| PlaceToPoll { place, kinds }).collect()
}

/// Says what is wrong with a Region that credentials of the home Region's partition are not valid in.
#[must_use]
pub fn foreign_region(region: &str, home: &str) -> Option<String> {
    let (of_region, own) = (Partition::of_region(region).id(), Partition::of_region(home).id());
    (of_region != own).then(|| {
        format!(
            "names {region}, a Region of the partition {of_region}: name one of {own}, as {home} is"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "111122223333";
    const OTHER: &str = "444455556666";

    fn defaults() -> Defaults {
        Defaults {
            regions: Regions::Listed(vec!["us-east-1".into()]),
            kinds: [Kind::Bundle].into(),
            role: Some(Role { name: "amiwatch-member".into(), external_id: None }),
            home_region: "us-east-1".into(),
            own_account: Some(OWN.into()),
        }
    }

    #[test]
    fn the_own_account_needs_no_role_and_any_other_does() {
        let accounts = [OWN.to_owned(), OTHER.to_owned(), OTHER.to_owned()];
        let wishes = of_accounts(&accounts, &defaults()).unwrap();
        let roles: Vec<Option<Role>> = wishes.iter().map(|wish| wish.role.clone()).collect();
        assert_eq!(roles, [None, defaults().role]);

        let faults = of_accounts(&accounts, &Defaults { role: None, ..defaults() }).unwrap_err();
        assert!(faults.iter().all(|fault| fault.contains(OTHER)), "{faults:?}");

        let unknown = Defaults { own_account: None, ..defaults() };
        assert!(of_accounts(&accounts, &unknown).unwrap().iter().all(|wish| wish.role.is_some()));
    }

    #[test]
    fn a_place_that_two_wishes_name_is_polled_once_with_the_kinds_of_both() {
        let wish = |regions, kind| Wish {
            account: OTHER.into(),
            regions,
            kinds: [kind].into(),
            role: None,
        };
        let wishes = [
            wish(Regions::All, Kind::StoreImage),
            wish(Regions::Listed(vec!["eu-west-1".into()]), Kind::Bundle),
        ];
        let places = places(&wishes, |account| {
            assert_eq!(account, OTHER);
            vec!["us-east-1".into(), "eu-west-1".into()]
        });
        let expected = [
            ("eu-west-1", [Kind::StoreImage, Kind::Bundle].into()),
            ("us-east-1", [Kind::StoreImage].into()),
        ]
        .map(|(region, kinds)| PlaceToPoll { place: Place::new(OTHER, region), kinds });
        assert_eq!(places, expected);
    }

    #[test]
    fn a_role_has_an_arn_of_its_partition() {
        let role = Role { name: "amiwatch-member".into(), external_id: None };
        let arn = role.arn(Partition::of_region("cn-north-1"), OTHER);
        assert_eq!(arn, format!("arn:aws-cn:iam::{OTHER}:role/amiwatch-member"));
    }

    #[test]
    fn a_region_of_another_partition_is_refused_with_both_named() {
        assert_eq!(foreign_region("eu-west-1", "us-east-1"), None);
        let fault = foreign_region("us-gov-west-1", "us-east-1").unwrap();
        assert!(fault.contains("us-gov-west-1") && fault.contains("aws-us-gov"), "{fault}");
    }
}
