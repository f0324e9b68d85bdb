//! `amiwatch render`: any event in any channel, without sending it.

use std::io::Read;
use std::path::Path;

use serde_json::{Value, json};

use super::args::{OutputForm, RenderArgs};
use super::output::{print, print_json, say};
use super::{CliError, Outcome, gallery};
use crate::event::{self, Event};
use crate::render::{Channel, render, sample};
use crate::task::Kind;

/// One event as one channel shows it.
pub(super) struct Shown<'a> {
    pub(super) event: &'a Event,
    pub(super) channel: Channel,
    pub(super) text: String,
}

pub(super) fn run(args: &RenderArgs) -> Result<Outcome, CliError> {
    let events = match &args.event {
        Some(path) => vec![read(path)?],
        None => samples(args.kind, args.outcome),
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
            print_json(&all)?;
        }
        (None, OutputForm::Text) => {
            let alone = shown.len() == 1;
            for Shown { event, channel, text } in &shown {
                if !alone {
                    let detail = &event.detail;
                    print(&format!("=== {} {}: {}", detail.kind, detail.outcome, channel.name()))?;
                }
                print(text)?;
                if !alone {
                    print("")?;
                }
            }
        }
    }
    Ok(Outcome::Done)
}

fn object(shown: &Shown<'_>) -> Value {
    json!({
        "kind": shown.event.detail.kind,
        "outcome": shown.event.detail.outcome,
        "channel": shown.channel.name(),
        "text": shown.text,
    })
}

fn samples(kind: Option<Kind>, outcome: Option<event::Outcome>) -> Vec<Event> {
    sample::all()
        .into_iter()
        .filter(|event| kind.is_none_or(|kind| event.detail.kind == kind))
        .filter(|event| outcome.is_none_or(|outcome| event.detail.outcome == outcome))
        .collect()
}

fn read(path: &Path) -> Result<Event, CliError> {
    let name = path.display();
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).map(drop)
    } else {
        std::fs::read_to_string(path).map(|read| text = read)
    };
    read.map_err(|error| CliError(format!("cannot read {name}: {error}")))?;
    serde_json::from_str(&text).map_err(|error| {
        CliError(format!(
            "{name} holds no amiwatch event: {error}; give the JSON object that amiwatch publishes"
        ))
    })
}
