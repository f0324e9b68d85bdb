//! The kinds of task.

mod choice;
mod transfer;

pub use choice::Choice;
use serde::{Deserialize, Serialize};

use super::identity::Identity;

/// Declares the kinds, each with the room where its identity stands. It is the one list of them.
macro_rules! kinds {
    ($($kind:ident => $room:ident: $doc:literal,)+) => {
        $(mod $room;)+

        /// Which of EC2's listings a task comes from.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Kind {
            $(#[doc = $doc] $kind,)+
        }

        impl Kind {
            /// All kinds, in the order in which they are reported.
            pub const ALL: [Self; [$($doc),+].len()] = [$(Self::$kind),+];

            /// What the kind is by itself.
            #[must_use]
            pub const fn identity(self) -> &'static Identity {
                match self {
                    $(Self::$kind => &$room::IDENTITY,)+
                }
            }
        }
    };
}

kinds! {
    StoreImage => store_image: "`CreateStoreImageTask`, listed by `DescribeStoreImageTasks`.",
    Bundle => bundle: "`BundleInstance`, listed by `DescribeBundleTasks`.",
    ImportSnapshot => import_snapshot: "`ImportSnapshot`, listed by `DescribeImportSnapshotTasks`.",
    ImportImage => import_image: "`ImportImage`, listed by `DescribeImportImageTasks`.",
    ExportImage => export_image: "`ExportImage`, listed by `DescribeExportImageTasks`.",
    ExportInstance => export_instance: "`CreateInstanceExportTask`, listed by `DescribeExportTasks`.",
}

impl Kind {
    /// The name that events, configuration and the command line use.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.identity().name
    }

    /// The kind whose listing begins with the newest start; its keys sort by it.
    #[must_use]
    pub fn by_start() -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.identity().is_newest_first())
    }

    /// The kinds that are watched unless somebody says otherwise.
    pub fn watched_by_default() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|kind| kind.identity().is_watched_by_default)
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|kind| kind.name() == text).ok_or_else(|| {
            let mut names: Vec<&str> = Self::ALL.into_iter().map(Self::name).collect();
            let last = names.pop().unwrap_or_default();
            format!("\"{text}\" is not a kind of task: write {} or {last}", names.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_reads_back_by_its_name_and_is_stored_under_it() {
        for kind in Kind::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).expect("JSON"), kind.name());
        }
        let error = "ami".parse::<Kind>().unwrap_err();
        assert!(Kind::ALL.iter().all(|kind| error.contains(kind.name())), "{error}");
    }

    #[test]
    fn no_two_kinds_share_a_name_a_key_or_a_listing() {
        for (n, one) in Kind::ALL.into_iter().enumerate() {
            for other in Kind::ALL.into_iter().skip(n + 1) {
                let (one, other) = (one.identity(), other.identity());
                assert_ne!(one.name, other.name);
                assert_ne!(one.key_prefix, other.key_prefix);
                assert_ne!(one.operation, other.operation);
                assert_ne!(one.id_prefix, other.id_prefix);
                assert_ne!(one.detail_type, other.detail_type);
            }
        }
    }

    #[test]
    fn one_kind_at_most_is_listed_by_start() {
        let by_start = Kind::ALL.into_iter().filter(|kind| kind.identity().is_newest_first());
        assert!(by_start.count() <= 1, "what a poll reads first has one window");
    }
}
