//! `amiwatch render`: any event in any channel, without sending it.

use std::io::Read;
use std::path::Path;

use serde_json::{Value, json};

use super::args::{OutputForm, RenderArgs};
use super::gallery::{self, Shown};
use super::output::{Reader, fail, print, print_json, say};
use super::{CliError, Exit, events};
use crate::event::{Event, Outcome};
use crate::render::{Channel, render, sample};
use crate::task::Choice;

pub(super) fn run(args: &RenderArgs) -> Result<Exit, CliError> {
    let (events, faults) = match &args.event {
        Some(path) => read(path)?,
        None => (samples(&args.kinds, args.outcome)?, Vec::new()),
    };
    let channels = if args.all { Channel::ALL.to_vec() } else { vec![args.channel] };
    let mut shown: Vec<Shown<'_>> = Vec::new();
    for event in &events {
        shown.extend(channels.iter().map(|&channel| {
            let text = render(channel, event);
            Shown { event, channel, text }
        }));
    }
    match (&args.gallery, args.output) {
        (Some(folder), _) => say(&gallery::write(folder, &shown)?),
        (None, OutputForm::Json) => {
            let all: Vec<Value> = shown.iter().map(object).collect();
            // Whoever closed the pipe has seen enough.
            let _ = print_json(&all)?;
        }
        (None, OutputForm::Text) => print_all(&shown)?,
    }
    for fault in &faults {
        fail(fault);
    }
    Ok(if faults.is_empty() { Exit::Done } else { Exit::InPart })
}

fn print_all(shown: &[Shown<'_>]) -> Result<(), CliError> {
    let alone = shown.len() == 1;
    for (index, Shown { event, channel, text }) in shown.iter().enumerate() {
        let gap = if index == 0 { "" } else { "\n" };
        let detail = &event.detail;
        let title = format!("{gap}=== {} {}: {}\n", detail.kind, detail.outcome, channel.name());
        let whole = if alone { text.clone() } else { format!("{title}{text}") };
        if print(&whole)? == Reader::Gone {
            break;
        }
    }
    Ok(())
}

fn object(shown: &Shown<'_>) -> Value {
    json!({
        "kind": shown.event.detail.kind,
        "outcome": shown.event.detail.outcome,
        "channel": shown.channel.name(),
        "text": shown.text,
    })
}

/// The samples that are asked for. An error where there is none: not every kind has every outcome.
fn samples(kinds: &[Choice], outcome: Option<Outcome>) -> Result<Vec<Event>, CliError> {
    let wanted = Choice::kinds(kinds);
    let samples: Vec<Event> = sample::all()
        .into_iter()
        .filter(|event| kinds.is_empty() || wanted.contains(&event.detail.kind))
        .filter(|event| outcome.is_none_or(|outcome| event.detail.outcome == outcome))
        .collect();
    if let (true, Some(outcome)) = (samples.is_empty(), outcome) {
        let wanted: Vec<&str> = wanted.iter().map(|kind| kind.name()).collect();
        let wanted = wanted.join(", ");
        return Err(CliError(format!(
            "no {wanted} task is ever {outcome}: name another --kind, or leave --outcome out"
        )));
    }
    Ok(samples)
}

/// The events of a file, and what in it is none. An error where there is not one event.
fn read(path: &Path) -> Result<(Vec<Event>, Vec<String>), CliError> {
    let is_stdin = path == Path::new("-");
    let name = if is_stdin { "standard input".to_owned() } else { path.display().to_string() };
    let mut bytes = Vec::new();
    let read = if is_stdin {
        std::io::stdin().read_to_end(&mut bytes).map(drop)
    } else {
        std::fs::read(path).map(|read| bytes = read)
    };
    read.map_err(|error| CliError(format!("cannot read {name}: {error}")))?;
    let text = events::decode(&bytes)
        .map_err(|error| CliError(format!("{name} is no text ({error}); save it as UTF-8")))?;
    let events::Found { events, faults } = events::find(&text);
    let faults: Vec<String> = faults.iter().map(|fault| format!("{name}: {fault}")).collect();
    if events.is_empty() {
        return Err(CliError(format!(
            "{}; give the JSON object that amiwatch publishes, or the message of SNS, SQS or Lambda \
             that carries it",
            faults.join("\nerror: ")
        )));
    }
    Ok((events, faults))
}
