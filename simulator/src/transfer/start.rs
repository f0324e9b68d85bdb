//! Starting an import or export task.

use super::ids::new_task_id;
use super::kind::{TransferKind, Transferred};
use super::plan::Transfer;
use crate::actions::context::Context;
use crate::error::ApiError;
use crate::params::Params;
use crate::xml::Element;

/// The parameters for a task's tags.
pub(crate) const TAG_RESOURCE: &str = "TagSpecification.N.ResourceType";
pub(crate) const TAG_KEY: &str = "TagSpecification.N.Tag.N.Key";
pub(crate) const TAG_VALUE: &str = "TagSpecification.N.Tag.N.Value";

/// Starts what `make` makes of what all kinds have, and answers with it. A call with the client
/// token of an earlier one starts nothing: its answer is about the task that is there.
pub(crate) fn start(
    context: &mut Context<'_>,
    kind: &'static TransferKind,
    make: impl FnOnce(Transfer) -> Box<dyn Transferred>,
) -> Result<Vec<Element>, ApiError> {
    let (params, now) = (context.params, context.now);
    let given = |name: &str| params.get(name).filter(|text| !text.is_empty()).map(str::to_owned);
    let tags = tags(params, kind.resource)?;
    let client_token = given("ClientToken");
    if client_token.is_some() {
        let mut earlier = context.state.transfers(context.place).map(|(_, task)| task);
        let same = earlier.find(|task| {
            task.kind().prefix == kind.prefix && task.transfer().client_token == client_token
        });
        if let Some(task) = same {
            return Ok(task.answer(&task.at(now)));
        }
    }
    context.permit()?;
    let task_id = new_task_id(kind.prefix, &mut context.state.rng);
    let task = make(Transfer {
        description: given("Description"),
        tags,
        client_token,
        ..Transfer::new(task_id, now, context.settings.transfer_duration)
    });
    let answer = task.answer(&task.at(now));
    context.state.add(context.place, |room, id| room.transfers.insert(id, task));
    Ok(answer)
}

fn tags(params: Params<'_>, resource: &str) -> Result<Vec<(String, String)>, ApiError> {
    let mut tags = Vec::new();
    for specification in params.members("TagSpecification") {
        let name = format!("{specification}.ResourceType");
        let wanted = params.required(&name)?;
        if wanted != resource {
            let message = format!(
                "'{wanted}' is not a valid taggable resource type for this operation: expecting \
                 {resource}."
            );
            return Err(ApiError::new("InvalidParameterValue", message));
        }
        for tag in params.members(&format!("{specification}.Tag")) {
            let key = params.required(&format!("{tag}.Key"))?;
            let value = params.get(&format!("{tag}.Value")).unwrap_or_default();
            tags.push((key.to_owned(), value.to_owned()));
        }
    }
    Ok(tags)
}
