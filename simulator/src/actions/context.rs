//! What every action works with.

use jiff::Timestamp;

use crate::effects::Effects;
use crate::error::ApiError;
use crate::params::Params;
use crate::place::Place;
use crate::settings::Settings;
use crate::state::State;

/// One call, and what it may read and change.
pub(crate) struct Context<'a> {
    pub(crate) params: Params<'a>,
    pub(crate) place: &'a Place,
    pub(crate) now: Timestamp,
    pub(crate) settings: &'a Settings,
    pub(crate) state: &'a mut State,
    pub(crate) effects: &'a Effects,
}

impl Context<'_> {
    /// Ends a dry run; called once the parameters are found to be in order.
    pub(crate) fn permit(&self) -> Result<(), ApiError> {
        if self.params.flag("DryRun")? { Err(ApiError::dry_run()) } else { Ok(()) }
    }
}

/// `2022-01-01T01:01:01.001Z`.
pub(crate) fn time(at: Timestamp) -> String {
    format!("{at:.3}")
}
