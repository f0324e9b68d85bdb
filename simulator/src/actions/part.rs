//! What an action is, and a part of the API: the actions that belong together.

use super::context::Context;
use crate::error::ApiError;
use crate::xml::Element;

/// An action: the parameters that it knows, and what it does.
pub(crate) struct Action {
    pub(crate) name: &'static str,
    pub(crate) parameters: &'static [&'static str],
    pub(crate) run: fn(&mut Context<'_>) -> Result<Vec<Element>, ApiError>,
}

/// Actions that belong together, such as those of one kind of task.
pub(crate) struct Part {
    pub(crate) actions: &'static [Action],
    /// The elements of their answers, but for the request's id, which is EC2's own.
    pub(crate) elements: &'static [&'static str],
}

/// The parameter that most actions have.
pub(crate) const DRY_RUN: &str = "DryRun";
pub(crate) const FILTER_NAME: &str = "Filter.N.Name";
pub(crate) const FILTER_VALUE: &str = "Filter.N.Value.N";
