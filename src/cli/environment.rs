//! Variables of the environment.

use std::path::PathBuf;

/// A variable that is set; one that is empty is not.
pub(super) fn from_env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The same for a path, which need not be UTF-8.
pub(super) fn path_from_env(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}
