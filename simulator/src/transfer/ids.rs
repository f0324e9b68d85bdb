//! The ids of import and export tasks and of what they make.

use std::hash::{DefaultHasher, Hash, Hasher};

use fastrand::Rng;

use crate::error::ApiError;

/// Whether a text is `<prefix>` and digits and lowercase letters: EC2's own are not all hexadecimal.
pub(crate) fn is_task_id(prefix: &str, text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_lowercase();
    text.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty() && rest.bytes().all(is_part))
}

/// The id of a new task, with a letter at its end that is no hexadecimal digit.
pub(crate) fn new_task_id(prefix: &str, rng: &mut Rng) -> String {
    format!("{prefix}{:016x}{}", rng.u64(..), rng.char('g'..='z'))
}

/// The id of the resource at this place of those that a task makes; always the same.
pub(crate) fn made_id(prefix: &str, task_id: &str, place: usize) -> String {
    let mut hasher = DefaultHasher::new();
    (prefix, task_id, place).hash(&mut hasher);
    format!("{prefix}0{:016x}", hasher.finish())
}

/// EC2 has one answer for an import task's id that is none and for one that names none.
pub(crate) fn unknown_import(id: &str) -> ApiError {
    let message = format!("The conversion task id '{id}' is not valid");
    ApiError::new("InvalidConversionTaskId.Malformed", message)
}

/// EC2 tells an export task's id that names none from what is no such id.
pub(crate) fn unknown_export(id: &str) -> ApiError {
    let is_kind = |kind: &str| !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_lowercase());
    let parts = id.strip_prefix("export-").and_then(|rest| rest.split_once('-'));
    if parts.is_some_and(|(kind, rest)| is_kind(kind) && is_task_id("", rest)) {
        let message = format!("The export task ID '{id}' does not exist");
        return ApiError::new("InvalidExportTaskID.NotFound", message);
    }
    let message = format!("Invalid id: \"{id}\" (expecting \"export-...\")");
    ApiError::new("InvalidExportTaskID.Malformed", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_that_is_unknown_is_told_from_what_is_no_id() {
        for (id, code) in [
            ("export-i-0z", "InvalidExportTaskID.NotFound"),
            ("export-ami-0z", "InvalidExportTaskID.NotFound"),
            ("export-i-", "InvalidExportTaskID.Malformed"),
            ("export--0", "InvalidExportTaskID.Malformed"),
            ("export-0", "InvalidExportTaskID.Malformed"),
            ("import-ami-0", "InvalidExportTaskID.Malformed"),
            ("export-i-0-0", "InvalidExportTaskID.Malformed"),
        ] {
            assert_eq!(unknown_export(id).code, code, "{id}");
        }
    }

    #[test]
    fn an_id_has_more_letters_than_hexadecimal_digits() {
        let made = new_task_id("import-snap-", &mut Rng::with_seed(1));
        for id in ["import-snap-247b055a00000000t", "import-snap-0", made.as_str()] {
            assert!(is_task_id("import-snap-", id), "{id}");
        }
        for not in ["import-snap-", "import-snap-A", "import-ami-1", "snap-1", "import-snap-a b"] {
            assert!(!is_task_id("import-snap-", not), "{not}");
        }
        assert!(crate::names::is_resource_id("snap-", &made_id("snap-", &made, 0)));
        assert_ne!(made_id("snap-", &made, 0), made_id("snap-", &made, 1));
    }
}
