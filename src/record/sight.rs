//! What is remembered of a target that cannot be listed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Lease, RECORD_KEPT_FOR, Told, Unsent};
use crate::task::Kind;

/// What is remembered of a target that cannot be listed, or could not be listed lately. A target that
/// was always seen has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sight {
    /// Which listing.
    pub kind: Kind,
    /// When a listing first failed since one succeeded; none where the last one succeeded.
    pub failing_since: Option<Timestamp>,
    /// Since when it was told to be blind; none where it sees.
    pub blind_since: Option<Timestamp>,
    /// What is still to be told, oldest first.
    pub outbox: Vec<Unsent>,
    /// What was told, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<Told>,
    /// Who is telling it.
    pub lease: Option<Lease>,
    /// When it was last changed.
    pub changed_at: Timestamp,
}

impl Sight {
    /// A target whose listing fails for the first time.
    #[must_use]
    pub fn failing(kind: Kind, now: Timestamp) -> Self {
        Self {
            kind,
            failing_since: Some(now),
            blind_since: None,
            outbox: Vec::new(),
            told: Vec::new(),
            lease: None,
            changed_at: now,
        }
    }

    /// When the store may forget it: never while it fails or something is untold.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        let is_over = self.failing_since.is_none() && self.outbox.is_empty();
        let at = self.changed_at.saturating_add(RECORD_KEPT_FOR);
        is_over.then(|| at.unwrap_or(self.changed_at))
    }
}
