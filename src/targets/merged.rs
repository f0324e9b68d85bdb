//! Wishes put together, by account.

use std::collections::{BTreeMap, BTreeSet};

use super::{Regions, Role, Wish};
use crate::task::Kind;

/// All that is asked for so far.
#[derive(Debug, Default)]
pub(super) struct Merged(BTreeMap<String, Account>);

#[derive(Debug)]
struct Account {
    role: Option<Role>,
    /// Who named it first.
    by: String,
    listed: BTreeMap<String, BTreeSet<Kind>>,
    /// The kinds that are asked for in all Regions.
    everywhere: BTreeSet<Kind>,
}

impl Merged {
    /// Adds what `by` asks for.
    ///
    /// # Errors
    /// The account was named with another role: its places cannot be polled by both, and one of the two
    /// is a slip.
    pub(super) fn add(&mut self, wish: Wish, by: &str) -> Result<(), String> {
        let Wish { account, regions, kinds, role } = wish;
        let known = self.0.entry(account.clone()).or_insert_with(|| Account {
            role: role.clone(),
            by: by.to_owned(),
            listed: BTreeMap::new(),
            everywhere: BTreeSet::new(),
        });
        if known.role != role {
            return Err(format!(
                "account {account} is named with the role {}, and by {} with the role {}: an account is \
                 polled by one role, so give both the same",
                described(role.as_ref()),
                known.by,
                described(known.role.as_ref())
            ));
        }
        match regions {
            Regions::All => known.everywhere.extend(kinds),
            Regions::Listed(regions) => {
                for region in regions {
                    known.listed.entry(region).or_default().extend(&kinds);
                }
            }
        }
        Ok(())
    }

    /// The wishes, by account. No two of them name the same Region and kind by name.
    pub(super) fn wishes(self) -> Vec<Wish> {
        self.0.into_iter().flat_map(|(account, known)| known.wishes(&account)).collect()
    }
}

impl Account {
    fn wishes(self, account: &str) -> Vec<Wish> {
        let Self { role, listed, everywhere, .. } = self;
        let mut by_kinds: BTreeMap<BTreeSet<Kind>, Vec<String>> = BTreeMap::new();
        for (region, kinds) in listed {
            let more: BTreeSet<Kind> = kinds.difference(&everywhere).copied().collect();
            if !more.is_empty() {
                by_kinds.entry(more).or_default().push(region);
            }
        }
        let listed = by_kinds.into_iter().map(|(kinds, it)| (Regions::Listed(it), kinds));
        let all = (!everywhere.is_empty()).then_some((Regions::All, everywhere));
        let wish = |(regions, kinds)| Wish {
            account: account.to_owned(),
            regions,
            kinds,
            role: role.clone(),
        };
        all.into_iter().chain(listed).map(wish).collect()
    }
}

fn described(role: Option<&Role>) -> String {
    match role {
        None => "of the poller itself".to_owned(),
        Some(Role { name, external_id: None }) => format!("{name} and no external id"),
        // Not repeated: some take it for a secret.
        Some(Role { name, external_id: Some(_) }) => format!("{name} and an external id"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(regions: Regions, kinds: &[Kind], role: Option<&str>) -> Wish {
        let role = role.map(|name| Role { name: name.to_owned(), external_id: None });
        let kinds = kinds.iter().copied().collect();
        Wish { account: "111122223333".into(), regions, kinds, role }
    }

    fn listed(regions: &[&str]) -> Regions {
        Regions::Listed(regions.iter().map(|region| (*region).to_owned()).collect())
    }

    #[test]
    fn what_is_named_twice_with_the_same_role_counts_once() {
        let mut merged = Merged::default();
        for (regions, kinds) in [
            (&["us-east-1", "eu-west-1"][..], &[Kind::StoreImage][..]),
            (&["us-east-1"], &[Kind::StoreImage, Kind::Bundle]),
        ] {
            merged.add(wish(listed(regions), kinds, Some("a")), "here").unwrap();
        }
        assert_eq!(
            merged.wishes(),
            [
                wish(listed(&["eu-west-1"]), &[Kind::StoreImage], Some("a")),
                wish(listed(&["us-east-1"]), &[Kind::StoreImage, Kind::Bundle], Some("a")),
            ]
        );
    }

    #[test]
    fn what_is_asked_for_in_all_regions_is_not_asked_for_again_in_one() {
        let mut merged = Merged::default();
        merged.add(wish(Regions::All, &[Kind::Bundle], None), "here").unwrap();
        let both = [Kind::StoreImage, Kind::Bundle];
        merged.add(wish(listed(&["us-east-1"]), &both, None), "here").unwrap();
        merged.add(wish(listed(&["eu-west-1"]), &[Kind::Bundle], None), "here").unwrap();
        assert_eq!(
            merged.wishes(),
            [
                wish(Regions::All, &[Kind::Bundle], None),
                wish(listed(&["us-east-1"]), &[Kind::StoreImage], None),
            ]
        );
    }

    #[test]
    fn an_account_with_two_roles_is_refused_with_both_named() {
        let mut merged = Merged::default();
        merged.add(wish(Regions::All, &[Kind::Bundle], Some("a")), "one").unwrap();
        let fault =
            merged.add(wish(Regions::All, &[Kind::Bundle], Some("b")), "other").unwrap_err();
        for words in ["111122223333", "role b", "by one with the role a"] {
            assert!(fault.contains(words), "{fault}");
        }
    }
}
