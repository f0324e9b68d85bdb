//! Some of what is configured: what an invocation by hand, or a message, names.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::poll::PlaceToPoll;
use crate::task::Kind;

/// An error about one that is not configured names at most this many of those that are.
const NAMED: usize = 40;

/// Some of the configured targets. An empty list stands for all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// Account ids.
    #[serde(default)]
    pub accounts: BTreeSet<String>,
    /// Region codes.
    #[serde(default)]
    pub regions: BTreeSet<String>,
    /// Kinds.
    #[serde(default)]
    pub kinds: BTreeSet<Kind>,
}

impl Selection {
    /// What of this is not configured, each with what is.
    pub(super) fn unknown(&self, configured: &[PlaceToPoll]) -> Vec<String> {
        let accounts = configured.iter().map(|it| it.place.account.as_str()).collect();
        let regions = configured.iter().map(|it| it.place.region.as_str()).collect();
        let kinds = configured.iter().flat_map(|it| &it.kinds).map(|kind| kind.name()).collect();
        let of_accounts = self.accounts.iter().map(String::as_str);
        let of_regions = self.regions.iter().map(String::as_str);
        unknown("accounts", of_accounts, &accounts)
            .chain(unknown("Regions", of_regions, &regions))
            .chain(unknown("kinds", self.kinds.iter().map(|kind| kind.name()), &kinds))
            .collect()
    }

    /// What of the configured is selected.
    pub(super) fn of(&self, configured: Vec<PlaceToPoll>) -> Vec<PlaceToPoll> {
        let is_wanted = |it: &PlaceToPoll| {
            (self.accounts.is_empty() || self.accounts.contains(&it.place.account))
                && (self.regions.is_empty() || self.regions.contains(&it.place.region))
        };
        let mut places: Vec<PlaceToPoll> = configured.into_iter().filter(is_wanted).collect();
        if !self.kinds.is_empty() {
            for place in &mut places {
                place.kinds.retain(|kind| self.kinds.contains(kind));
            }
            places.retain(|place| !place.kinds.is_empty());
        }
        places
    }
}

fn unknown<'a>(
    what: &str,
    named: impl Iterator<Item = &'a str>,
    configured: &BTreeSet<&str>,
) -> impl Iterator<Item = String> {
    let mut known: Vec<&str> = configured.iter().take(NAMED).copied().collect();
    if configured.len() > NAMED {
        known.push("…");
    }
    let known = known.join(", ");
    named
        .filter(|name| !configured.contains(name))
        .map(|name| format!("{name}, which is not among the configured {what} ({known})"))
        .collect::<Vec<_>>()
        .into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::Place;

    fn place(account: &str, region: &str, kinds: &[Kind]) -> PlaceToPoll {
        let kinds = kinds.iter().copied().collect();
        PlaceToPoll { place: Place::new(account, region), kinds }
    }

    #[test]
    fn what_is_selected_is_polled_and_nothing_else() {
        let (one, two) = ("111122223333", "444455556666");
        let both = [Kind::StoreImage, Kind::Bundle];
        let all = || {
            vec![
                place(one, "us-east-1", &both),
                place(one, "eu-west-1", &[Kind::Bundle]),
                place(two, "us-east-1", &both),
            ]
        };
        let of = |accounts: &[&str], regions: &[&str], kinds: &[Kind]| {
            let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
            let selection = Selection {
                accounts: texts(accounts),
                regions: texts(regions),
                kinds: kinds.iter().copied().collect(),
            };
            (selection.of(all()), selection.unknown(&all()))
        };
        assert_eq!(of(&[], &[], &[]), (all(), Vec::new()));
        assert_eq!(of(&[two], &[], &[]).0, [place(two, "us-east-1", &both)]);
        assert_eq!(of(&[one], &["eu-west-1"], &[Kind::StoreImage]), (Vec::new(), Vec::new()));
        let store = [Kind::StoreImage];
        let expected = [place(one, "us-east-1", &store), place(two, "us-east-1", &store)];
        assert_eq!(of(&[], &["us-east-1"], &store).0, expected);
        assert_eq!(
            of(&["1"], &["us-east-1", "moon-1"], &[Kind::ImportImage]).1,
            [
                "1, which is not among the configured accounts (111122223333, 444455556666)",
                "moon-1, which is not among the configured Regions (eu-west-1, us-east-1)",
                "import-image, which is not among the configured kinds (bundle, store-image)",
            ]
        );
    }
}
