//! Names of actions in a scenario.

use super::check::Problem;
use crate::actions;

/// Refuses what the simulator has no action for.
pub(super) fn check_action(field: &str, action: &str) -> Result<(), Problem> {
    if actions::is_known(action) {
        return Ok(());
    }
    let rule = format!("\"{action}\" is not an action of the simulator");
    Err(Problem::new(field, rule, format!("write one of {}", actions::names())))
}
