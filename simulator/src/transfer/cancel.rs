//! `CancelImportTask` and `CancelExportTask`.

use super::ids::{unknown_export, unknown_import};
use super::list::is_known;
use crate::actions::context::Context;
use crate::actions::part::{Action, DRY_RUN, Part};
use crate::error::ApiError;
use crate::xml::Element;

pub(crate) const CANCEL_IMPORT: &str = "CancelImportTask";
pub(crate) const CANCEL_EXPORT: &str = "CancelExportTask";

/// The actions that cancel tasks of several kinds.
pub(crate) static PART: Part = Part {
    actions: &[
        Action {
            name: CANCEL_IMPORT,
            parameters: &[DRY_RUN, "CancelReason", "ImportTaskId"],
            run: import,
        },
        // It has no dry run.
        Action { name: CANCEL_EXPORT, parameters: &["ExportTaskId"], run: export },
    ],
    elements: &["importTaskId", "previousState", "return", "state"],
};

fn import(context: &mut Context<'_>) -> Result<Vec<Element>, ApiError> {
    let id = context.params.required("ImportTaskId")?.to_owned();
    let (before, after) = cancel(context, CANCEL_IMPORT, &id, unknown_import)?;
    Ok(vec![
        Element::text("importTaskId", id),
        Element::text("previousState", before),
        Element::text("state", after),
    ])
}

fn export(context: &mut Context<'_>) -> Result<Vec<Element>, ApiError> {
    let id = context.params.required("ExportTaskId")?.to_owned();
    cancel(context, CANCEL_EXPORT, &id, unknown_export)?;
    Ok(vec![Element::text("return", "true")])
}

/// Cancels the task of this id where it is of a kind that this action cancels, and returns its
/// states before and after.
fn cancel(
    context: &mut Context<'_>,
    action: &str,
    task_id: &str,
    unknown: fn(&str) -> ApiError,
) -> Result<(String, String), ApiError> {
    let (now, takes) = (context.now, context.settings.cancel_duration);
    let found = context.state.transfers(context.place).find(|(_, task)| {
        let is_it = task.transfer().task_id == task_id && task.kind().cancel == action;
        is_it && is_known(*task, context)
    });
    let (id, task) = found.ok_or_else(|| unknown(task_id))?;
    let (status, ending) = (task.at(now).status, task.kind().words.ending);
    if status.has_ended() {
        let message = format!(
            "The task '{task_id}' is in an incorrect state for the request: {}",
            status.state
        );
        return Err(ApiError::new("IncorrectState", message));
    }
    context.permit()?;
    if status.state != ending
        && let Some(known) = context.state.known_mut(context.place)
        && let Some(task) = known.transfers.get_mut(id)
    {
        let transfer = task.transfer_mut();
        transfer.cancelled.get_or_insert((now, takes));
        transfer.fixed = None;
    }
    Ok((status.state, ending.to_owned()))
}
