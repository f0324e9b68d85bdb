//! From a call to its answer, in EC2's order: who asks, what befalls the call, whether it is too
//! many, whether it is understood, and only then what it asks for.

use std::time::Duration;

use fastrand::Rng;
use jiff::Timestamp;

use crate::actions;
use crate::actions::context::Context;
use crate::call::Call;
use crate::effects::Effects;
use crate::error::ApiError;
use crate::fault_kind::FaultKind;
use crate::params::Params;
use crate::place::Place;
use crate::request::Incoming;
use crate::state::State;
use crate::sts;
use crate::world::World;
use crate::xml::{self, Element};

/// Stands beside the items, never in one.
const NEXT_TOKEN: &str = "nextToken";
/// How far a signature's time may be from now, as AWS signatures have it.
const CLOCK_SKEW: Duration = Duration::from_mins(15);

/// An answer, and what happens to it on its way.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) request_id: String,
    pub(crate) body: Vec<u8>,
    pub(crate) delay: Duration,
    pub(crate) cut: bool,
}

/// Answers one call and records it.
pub(crate) fn answer(world: &World, incoming: Incoming) -> Reply {
    let now = world.now();
    let state = &mut *world.state();
    let request_id = request_id(&mut state.rng);
    let (effects, result) = decide(world, state, &incoming, now);
    let (status, error, mut body) = match result {
        Ok(elements) => {
            (200, None, xml::response(incoming.service, &incoming.action, &request_id, elements))
        }
        Err(error) => {
            let body = xml::error(incoming.service, &error, &request_id);
            (error.status, Some(error.code.into_owned()), body)
        }
    };
    if effects.malformed {
        body.truncate(body.len() * 2 / 3);
    }
    if let Some(text) = &effects.body {
        body = text.clone().into_bytes();
    }
    let place = incoming.place.unwrap_or_else(|_| Place::new("", ""));
    state.record(Call {
        at: now,
        action: incoming.action,
        account: place.account,
        region: place.region,
        parameters: incoming.params,
        status,
        error,
        response_bytes: body.len(),
    });
    Reply { status, request_id, body, delay: effects.delay, cut: effects.cut }
}

fn decide(
    world: &World,
    state: &mut State,
    incoming: &Incoming,
    now: Timestamp,
) -> (Effects, Result<Vec<Element>, ApiError>) {
    let place = match &incoming.place {
        Ok(place) => place,
        Err(error) => return (Effects::default(), Err(error.clone())),
    };
    let State { faults, rng, .. } = state;
    let reached = sts::reached(incoming, place);
    let effects = faults.befall(incoming.service, &incoming.action, &reached, now, rng);
    let result = match effects.error.clone() {
        // What fails within EC2 has taken its token.
        Some(_) if effects.takes_token && !take_token(world, state, incoming, place, now) => {
            Err(ApiError::throttled().told_by(incoming.service))
        }
        Some(error) => Err(error),
        None => run(world, state, incoming, place, now, &effects),
    };
    (effects, result)
}

fn take_token(
    world: &World,
    state: &mut State,
    incoming: &Incoming,
    place: &Place,
    now: Timestamp,
) -> bool {
    state.buckets.take(&world.settings().throttle, place, &incoming.action, now)
}

fn run(
    world: &World,
    state: &mut State,
    incoming: &Incoming,
    place: &Place,
    now: Timestamp,
    effects: &Effects,
) -> Result<Vec<Element>, ApiError> {
    let (settings, service) = (world.settings(), incoming.service);
    if settings.check_request_time {
        let fresh = |at: Timestamp| at.duration_since(now).unsigned_abs() <= CLOCK_SKEW;
        if !incoming.signed_at.is_some_and(fresh) {
            return Err(ApiError::expired().told_by(service));
        }
    }
    let action = actions::find(service, &incoming.action)?;
    if !take_token(world, state, incoming, place, now) {
        return Err(ApiError::throttled().told_by(service));
    }
    let version = service.version();
    match incoming.version.as_deref() {
        Some(given) if given == version => {}
        None => return Err(ApiError::missing("Version")),
        Some(other) => {
            let message = format!("The version {other} is not valid: the version is {version}");
            return Err(ApiError::new("NoSuchVersion", message));
        }
    }
    let params = Params(&incoming.params);
    params.check_known(action.parameters)?;
    params.flag("DryRun")?;
    let mut context = Context { params, place, now, settings, state, effects };
    let mut elements = (action.run)(&mut context)?;
    edit(&mut elements, &effects.edits);
    Ok(elements)
}

/// Makes the faults' changes: to the items of a listing, to an answer without items as a whole, and
/// to what stands beside the items, such as the page token.
fn edit(elements: &mut Vec<Element>, edits: &[FaultKind]) {
    for edit in edits {
        match edit {
            FaultKind::MissingFields { fields, item } => {
                if item.is_none() {
                    elements.retain(|element| !fields.contains(&element.name().to_owned()));
                }
                for target in targets(elements, *item) {
                    target.omit(fields);
                }
            }
            FaultKind::RawText { element, text, item } => {
                let beside = elements.iter_mut().find(|other| other.name() == element);
                match beside {
                    Some(beside) => beside.put_raw(element, text),
                    None if element == NEXT_TOKEN => elements.push(Element::raw(element, text)),
                    None => {
                        for target in targets(elements, *item) {
                            target.put_raw(element, text);
                        }
                    }
                }
            }
            _ => {}
        }
    }
}

/// The items of a listing, or what an answer without items holds; only one of them where asked.
fn targets(elements: &mut [Element], item: Option<usize>) -> impl Iterator<Item = &mut Element> {
    let mut all: Vec<&mut Element> = Vec::new();
    for element in elements {
        if element.is_listing() {
            all.extend(element.children_mut());
        } else {
            all.push(element);
        }
    }
    let wanted = move |index: &usize| item.is_none_or(|item| item == *index);
    let all = all.into_iter().enumerate();
    all.filter(move |(index, _)| wanted(index)).map(|(_, target)| target)
}

/// Looks like EC2's, and is the same in every run of one seed.
fn request_id(rng: &mut Rng) -> String {
    uuid::Uuid::from_u128(rng.u128(..)).to_string()
}
