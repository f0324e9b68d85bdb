//! The listings of import and export tasks, all of which work in one way.

use jiff::Timestamp;

use super::kind::{Paging, TransferKind, Transferred};
use crate::actions::context::Context;
use crate::actions::page::most_results;
use crate::clock::later;
use crate::error::ApiError;
use crate::filter::{Filter, check_names};
use crate::room::TaskId;
use crate::token::{self, Position};
use crate::xml::Element;

/// A task as it is listed.
struct Listed {
    id: TaskId,
    task_id: String,
    state: String,
    item: Element,
}

/// Whether EC2 still knows a task: it has begun, and not ended for long.
pub(super) fn is_known(task: &dyn Transferred, context: &Context<'_>) -> bool {
    let (now, linger) = (context.now, context.settings.transfer_linger);
    let at = task.at(now);
    task.transfer().start <= now && (!at.status.has_ended() || now <= later(at.since, linger))
}

/// Lists the tasks of a kind, in an order that says nothing: AWS documents none.
pub(crate) fn describe(
    context: &mut Context<'_>,
    kind: &TransferKind,
) -> Result<Vec<Element>, ApiError> {
    let params = context.params;
    let filters = params.filters(kind.filters)?;
    check_names(&filters, kind.filter_names)?;
    let ids = params.list(kind.ids);
    let most = match kind.paging {
        Paging::None => usize::MAX,
        Paging::Pages(bound) => most_results(params, bound)?.unwrap_or(context.settings.page_size),
    };
    let binding = token::binding(kind.listing, context.place, &filters);
    let from = params.get("NextToken").map(|text| token::read(text, binding)).transpose()?;
    let mut tasks = listed(context, kind);
    for id in &ids {
        if !tasks.iter().any(|task| task.task_id == *id) {
            return Err((kind.unknown)(id));
        }
    }
    context.permit()?;

    let settings = context.settings;
    let reversed = from.map_or(context.effects.reversed, |position| position.reversed);
    let place = |id: TaskId| if reversed { u64::MAX - order(id) } else { order(id) };
    tasks.retain(|task| {
        (ids.is_empty() || ids.contains(&task.task_id.as_str()))
            && accepts(&filters, task, settings.wildcards)
            && from.is_none_or(|position| place(task.id) > place(TaskId(position.id)))
    });
    tasks.sort_by_key(|task| place(task.id));
    let more = tasks.len() > most || (settings.trailing_token && tasks.len() == most);
    tasks.truncate(most);
    let last = tasks.last().map(|task| task.id.0);
    let mut page: Vec<Element> = tasks.into_iter().map(|task| task.item).collect();
    if context.effects.shuffled {
        context.state.rng.shuffle(&mut page);
    }
    let mut elements = vec![Element::parent(kind.set, page)];
    if let (Some(id), true) = (last, more) {
        let position = Position { start: Timestamp::UNIX_EPOCH, id, reversed };
        elements.push(Element::text("nextToken", token::write(position, binding)));
    }
    Ok(elements)
}

/// No two tasks have one place, and none has it by its age.
fn order(id: TaskId) -> u64 {
    // An odd factor: 2^64 divided by the golden ratio, which spreads neighbours far apart.
    id.0.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn accepts(filters: &[Filter], task: &Listed, wildcards: bool) -> bool {
    filters.iter().all(|filter| filter.accepts(Some(&task.state), wildcards))
}

fn listed(context: &Context<'_>, kind: &TransferKind) -> Vec<Listed> {
    let tasks = context.state.transfers(context.place);
    let known = tasks.filter(|(_, task)| is_known(*task, context));
    known
        .filter_map(|(id, task)| {
            let at = task.at(context.now);
            let mut item = Element::parent("item", task.item_of(kind.listing, &at)?);
            item.omit(&task.transfer().omit);
            let task_id = task.transfer().task_id.clone();
            Some(Listed { id, task_id, state: at.status.state, item })
        })
        .collect()
}
