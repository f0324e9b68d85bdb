//! Which tasks are waited for, as a user names them: pure.

use std::str::FromStr;

use crate::task::{Kind, Task, TaskKey};

/// One task as it was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The kind, which the id names.
    pub kind: Kind,
    /// EC2's id, or that of the AMI for a kind without ids.
    pub id: String,
    /// The bucket, where it tells one store of an AMI from another.
    pub bucket: Option<String>,
}

impl Wanted {
    /// Whether a task may be the one that is meant.
    pub(in crate::cli) fn may_be(&self, task: &Task) -> bool {
        task.kind == self.kind
            && task.name() == self.id
            && self
                .bucket
                .as_ref()
                .is_none_or(|bucket| task.subject.bucket.as_ref() == Some(bucket))
    }

    /// The one of a listing that is meant: the newest.
    pub(super) fn newest<'a>(&self, tasks: impl IntoIterator<Item = &'a Task>) -> Option<&'a Task> {
        let fitting = tasks.into_iter().filter(|task| self.may_be(task));
        fitting.max_by_key(|task| task.started_at)
    }

    /// A task that is listed, as it would be named.
    pub(in crate::cli) fn of(task: &Task) -> Self {
        let bucket = task.subject.task_id.is_none().then(|| task.subject.bucket.clone()).flatten();
        Self { kind: task.kind, id: task.name().to_owned(), bucket }
    }
}

impl std::fmt::Display for Wanted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.id)?;
        self.bucket.iter().try_for_each(|bucket| write!(f, "@{bucket}"))
    }
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err(
                "it is empty: the command that should have printed it printed nothing".into()
            );
        }
        let (id, bucket) = match text.split_once('@') {
            Some((id, bucket)) => (id, Some(bucket)),
            None => (text, None),
        };
        let prefix = |kind: &Kind| kind.identity().id_prefix;
        let kind = Kind::ALL.into_iter().find(|kind| {
            let rest = id.strip_prefix(prefix(kind));
            rest.is_some_and(|rest| {
                !rest.is_empty() && rest.chars().all(|c| c.is_ascii_alphanumeric())
            })
        });
        let Some(kind) = kind else {
            let prefixes: Vec<&str> = Kind::ALL.iter().map(prefix).collect();
            return Err(format!(
                "no task's id begins so: write one that begins with {}",
                prefixes.join(", ")
            ));
        };
        let has_id = kind.identity().id_name.is_some();
        match bucket {
            Some(_) if has_id => Err(format!("only a store of an AMI has a bucket: write {id}")),
            Some("") => Err(format!("the bucket is empty: write {id}@BUCKET, or {id}")),
            _ => Ok(Self { kind, id: id.to_owned(), bucket: bucket.map(str::to_owned) }),
        }
    }
}

/// A task that was found: from then on it is this one, whatever starts after it.
pub(super) fn same(key: &TaskKey, task: &Task) -> bool {
    task.key().as_ref() == Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_names_its_kind() {
        for (text, kind) in [
            ("ami-0123456789abcdef0", Kind::StoreImage),
            ("bun-c1a540a8", Kind::Bundle),
            ("import-snap-0123", Kind::ImportSnapshot),
            ("import-ami-ffvwl3t4", Kind::ImportImage),
            ("export-ami-0123", Kind::ExportImage),
            ("export-i-fgelt0i7", Kind::ExportInstance),
            (" ami-0123456789abcdef0\n", Kind::StoreImage),
        ] {
            let wanted: Wanted = text.parse().unwrap();
            assert_eq!((wanted.kind, wanted.to_string()), (kind, text.trim().to_owned()));
        }
        let one: Wanted = "ami-1@my-bucket".parse().unwrap();
        assert_eq!(
            (one.bucket.as_deref(), one.to_string()),
            (Some("my-bucket"), "ami-1@my-bucket".into())
        );
    }

    #[test]
    fn what_is_no_id_is_refused_with_the_way_out() {
        for (text, words) in [
            ("", "printed nothing"),
            ("None", "begins with ami-, bun-"),
            ("ami-", "begins with ami-"),
            ("ami-1 ami-2", "begins with ami-"),
            ("snap-0123", "import-snap-"),
            ("bun-1@b", "write bun-1"),
            ("ami-1@", "ami-1@BUCKET"),
        ] {
            let error = text.parse::<Wanted>().unwrap_err();
            assert!(error.contains(words), "{text:?}: {error}");
        }
    }
}
