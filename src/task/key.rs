//! What tells a task from every other one of its place.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::identity::Listing;
use super::kind::Kind;
use super::subject::Subject;

/// What tells a task from every other one of its account and Region. It is also the task's sort key in
/// the table, so its form is part of the stored format.
///
/// A kind that is listed by start has no id of its own: image, bucket and start make the identity, the
/// start first, so that keys sort by it. (One AMI has one running store at a time, so the object key
/// adds nothing; EC2 may leave it out.) Tasks of the other kinds have an id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TaskKey {
    text: String,
    kind: Kind,
}

/// DynamoDB takes sort keys of 1,024 bytes. No name that AWS allows comes near it.
const LONGEST_KEY: usize = 900;

/// The namespace of the names that stand for longer ones. A part of the stored format, too.
const KEY_NAMESPACE: Uuid = Uuid::from_u128(0x81c3_4b0e_6a57_5d92_b8f4_03de_7a1c_9e65);

impl TaskKey {
    /// The identity of a task; `None` where it lacks what its kind is known by.
    #[must_use]
    pub fn of(kind: Kind, subject: &Subject, started_at: Option<Timestamp>) -> Option<Self> {
        Some(match kind.identity().listing {
            Listing::NewestFirst { .. } => Self::by_start(
                kind,
                subject.image_id.as_deref()?,
                subject.bucket.as_deref()?,
                started_at?,
            ),
            Listing::Whole => Self::by_id(kind, subject.task_id.as_deref()?),
        })
    }

    /// The identity of a task of a kind that is listed by start.
    #[must_use]
    pub fn by_start(kind: Kind, image_id: &str, bucket: &str, started_at: Timestamp) -> Self {
        let prefix = kind.identity().key_prefix;
        let head = format!("{prefix}{started_at:.3}#");
        Self::short(kind, &head, &format!("{image_id}#{bucket}"))
    }

    /// The identity of a task that has an id.
    #[must_use]
    pub fn by_id(kind: Kind, id: &str) -> Self {
        Self::short(kind, kind.identity().key_prefix, id)
    }

    /// Where the names are too long, a name stands for them.
    fn short(kind: Kind, head: &str, names: &str) -> Self {
        let key = format!("{head}{names}");
        if key.len() <= LONGEST_KEY {
            return Self { text: key, kind };
        }
        Self { text: format!("{head}~{}", Uuid::new_v5(&KEY_NAMESPACE, key.as_bytes())), kind }
    }

    /// The lowest key that a task of a kind that is listed by start can have if it started at `from`.
    #[must_use]
    pub fn lowest_at(kind: Kind, from: Timestamp) -> Self {
        Self { text: format!("{}{from:.3}#", kind.identity().key_prefix), kind }
    }

    /// A key behind those of all its tasks that started at `to`: `$` follows `#`.
    #[must_use]
    pub fn behind_all_at(kind: Kind, to: Timestamp) -> Self {
        Self { text: format!("{}{to:.3}$", kind.identity().key_prefix), kind }
    }

    /// Reads a key back from the store; `None` where it is that of no kind that is known.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let kinds = Kind::ALL.into_iter();
        // The longest prefix: one may begin another.
        let kind = kinds
            .filter(|kind| text.starts_with(kind.identity().key_prefix))
            .max_by_key(|kind| kind.identity().key_prefix.len())?;
        Some(Self { text: text.to_owned(), kind })
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Which listing the task comes from.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// When a task of a kind that is listed by start started, in whole milliseconds.
    #[must_use]
    pub fn started_at(&self) -> Option<Timestamp> {
        if !self.kind.identity().is_newest_first() {
            return None;
        }
        let (start, _) =
            self.text.strip_prefix(self.kind.identity().key_prefix)?.split_once('#')?;
        start.parse().ok()
    }
}

impl TryFrom<String> for TaskKey {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("\"{text}\" is the key of no kind of task"))
    }
}

impl From<TaskKey> for String {
    fn from(key: TaskKey) -> Self {
        key.text
    }
}

impl std::fmt::Display for TaskKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn store(image_id: &str, bucket: &str, start: Timestamp) -> TaskKey {
        TaskKey::by_start(Kind::StoreImage, image_id, bucket, start)
    }

    #[test]
    fn the_same_ami_in_two_buckets_or_stored_again_is_another_task() {
        let start = at("2026-11-22T00:10:00.123Z");
        let again = at("2026-11-22T00:10:00.124Z");
        let key = store("ami-1", "a", start);
        assert_ne!(key, store("ami-1", "b", start));
        assert_ne!(key, store("ami-1", "a", again));
        assert_eq!(key.as_str(), "t#2026-11-22T00:10:00.123Z#ami-1#a");
    }

    #[test]
    fn a_key_is_never_longer_than_a_table_takes_and_long_names_stay_apart() {
        let start = at("2026-11-22T00:10:00.123Z");
        let long = "b".repeat(2_000);
        let key = store("ami-1", &long, start);
        assert!(key.as_str().len() <= LONGEST_KEY);
        assert!(key > TaskKey::lowest_at(Kind::StoreImage, start));
        assert!(key < TaskKey::behind_all_at(Kind::StoreImage, start));
        assert_ne!(key, store("ami-1", &format!("{long}b"), start));
        assert_ne!(key, store("ami-2", &long, start));
        assert_eq!(key, store("ami-1", &long, start));
        assert!(TaskKey::by_id(Kind::Bundle, &long).as_str().len() <= LONGEST_KEY);
    }

    #[test]
    fn keys_by_start_sort_by_it_and_below_all_others() {
        let old = store("ami-9", "z", at("2026-11-22T00:10:00Z"));
        let new = store("ami-1", "a", at("2026-11-22T00:10:00.001Z"));
        assert!(
            old < new && TaskKey::lowest_at(Kind::StoreImage, at("2026-11-22T00:10:00Z")) < old
        );
        for kind in Kind::ALL.into_iter().filter(|kind| !kind.identity().is_newest_first()) {
            assert!(new < TaskKey::by_id(kind, "0"), "{kind}");
            assert!(TaskKey::by_id(kind, "zzz").as_str() < "~", "{kind}");
        }
    }

    #[test]
    fn a_key_reads_back_with_its_kind() {
        for kind in Kind::ALL {
            let subject = Subject {
                task_id: Some("x-1".into()),
                image_id: Some("ami-1".into()),
                bucket: Some("b".into()),
                ..Subject::default()
            };
            let key = TaskKey::of(kind, &subject, Some(Timestamp::UNIX_EPOCH)).expect("a key");
            assert_eq!(key.kind(), kind);
            assert_eq!(TaskKey::parse(key.as_str()), Some(key.clone()));
            let json = serde_json::to_string(&key).expect("JSON");
            assert_eq!(serde_json::from_str::<TaskKey>(&json).expect("reads"), key);
        }
        assert_eq!(TaskKey::parse("v#1"), None);
    }

    #[test]
    fn a_key_by_start_says_when_its_task_started_and_no_other_does() {
        let start = at("2026-11-22T00:10:00.123Z");
        assert_eq!(store("ami-1", "a", start).started_at(), Some(start));
        let key = TaskKey::parse("t#soon#ami-1#a").expect("a key");
        assert_eq!(key.started_at(), None);
        let id = "2026-11-22T00:10:00.123Z#x";
        assert_eq!(TaskKey::by_id(Kind::Bundle, id).started_at(), None);
    }
}
