//! The AMIs of a place: which exist, and what they are called.

use std::collections::{BTreeMap, BTreeSet};

use crate::names::is_resource_id;

/// The AMIs of a place.
#[derive(Debug, Default)]
pub(crate) struct Images {
    /// Those that exist; any well-formed id does where this is absent.
    known: Option<BTreeSet<String>>,
    names: BTreeMap<String, String>,
}

impl Images {
    /// Says which exist, in place of what was said before.
    pub(crate) fn set(&mut self, ids: impl IntoIterator<Item = String>) {
        self.known = Some(ids.into_iter().collect());
    }

    /// Says what one is called. Whether it exists is not said by that.
    pub(crate) fn name(&mut self, id: String, name: String) {
        self.names.insert(id, name);
    }

    pub(crate) fn exists(&self, id: &str) -> bool {
        self.known.as_ref().map_or_else(|| is_resource_id("ami-", id), |known| known.contains(id))
    }

    /// Those that can be listed without being asked for by id.
    pub(crate) fn listed(&self) -> impl Iterator<Item = &str> {
        let known = self.known.iter().flatten();
        let named = self.names.keys().filter(|_| self.known.is_none());
        known.chain(named).map(String::as_str)
    }

    /// What an AMI is called: as was said, or after its id.
    pub(crate) fn name_of(&self, id: &str) -> String {
        let after_id = || format!("image-{}", id.trim_start_matches("ami-"));
        self.names.get(id).cloned().unwrap_or_else(after_id)
    }
}
