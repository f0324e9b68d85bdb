//! Which kinds are watched, as a user says it.

use std::collections::BTreeSet;

use super::Kind;

/// One word of a list of kinds: a kind, or `all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Choice {
    /// Every kind.
    All,
    /// This one.
    One(Kind),
}

impl Choice {
    /// The chosen kinds; those that are watched by default where none is chosen.
    #[must_use]
    pub fn kinds<'a>(chosen: impl IntoIterator<Item = &'a Self>) -> BTreeSet<Kind> {
        let mut kinds = BTreeSet::new();
        for choice in chosen {
            match choice {
                Self::All => kinds.extend(Kind::ALL),
                Self::One(kind) => kinds.extend([*kind]),
            }
        }
        if kinds.is_empty() { Kind::watched_by_default().collect() } else { kinds }
    }
}

impl std::str::FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "all" => Ok(Self::All),
            name => name.parse().map(Self::One).map_err(|error: String| format!("{error}, or all")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_stands_for_every_kind_and_nothing_for_the_two_that_are_always_watched() {
        let kinds = |words: &[&str]| {
            let chosen: Vec<Choice> = words.iter().map(|word| word.parse().unwrap()).collect();
            Choice::kinds(&chosen)
        };
        assert_eq!(kinds(&["all"]), Kind::ALL.into());
        assert_eq!(kinds(&[]), [Kind::StoreImage, Kind::Bundle].into());
        assert_eq!(kinds(&["import-image", "bundle"]), [Kind::Bundle, Kind::ImportImage].into());
        assert_eq!(kinds(&["bundle", "all"]), Kind::ALL.into());
        assert!("ami".parse::<Choice>().unwrap_err().ends_with("or export-instance, or all"));
    }
}
