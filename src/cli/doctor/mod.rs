//! `amiwatch doctor`: whether amiwatch can do its job here, or a stack there, and how to mend it.
//!
//! Nothing is changed by it. What it looks at stands in the order of the way from EC2 to the inbox.

mod finding;
mod fleet;
mod function;
mod identity;
mod letters;
mod listings;
mod mapping;
mod polls;
mod queue;
mod rule;
mod schedule;
mod stack;
mod table;
mod topic;
mod webhook;

use std::collections::BTreeSet;

use self::finding::{Finding, Verdict};
use self::function::Settings;
use self::stack::Stack;
use super::args::{DoctorArgs, OutputForm};
use super::connect::Connection;
use super::output::{print, print_json, toned};
use super::reach::Reach;
use super::{CliError, Exit};
use crate::aws::clients::in_region;
use crate::clock::SystemClock;
use crate::ports::Clock;
use crate::task::Choice;

pub(super) async fn run(args: DoctorArgs) -> Result<Exit, CliError> {
    let mut connection = Connection::open(&args.place).await?;
    if args.stack.is_some() {
        // As a typed option wins over a variable, also over that with the SDK's Region.
        let [region] = connection.regions.as_slice() else {
            return Err(CliError::new("a stack is in one Region: name one with --region"));
        };
        connection.sdk = in_region(&connection.sdk, region);
    }
    let mut findings = identity::examine(&connection).await;
    let kinds = Choice::kinds(&args.place.kinds);
    let given = Settings {
        table: args.table.clone(),
        topic: args.topic.clone(),
        ..Settings::own(connection.regions.clone(), kinds)
    };
    match &args.stack {
        None => {
            let (regions, kinds) = (given.regions.clone(), given.kinds.clone());
            let Reach { ec2, places, faults, .. } =
                Reach::of_looks(&connection, &args.accounts, regions, kinds).await?;
            let mend = "permit ec2:DescribeRegions to the role of the account";
            findings.extend(faults.into_iter().map(|it| Finding::failed("Regions", it, mend)));
            findings.extend(listings::examine(&ec2, &places).await);
            findings.extend(way(&connection, &given).await);
        }
        Some(name) => match Stack::read(&connection, name).await {
            Ok(stack) => findings.extend(deployed(&connection, &stack).await),
            Err(finding) => findings.push(finding),
        },
    }
    // A reader that has had enough is no failure.
    let _ = match args.output {
        OutputForm::Json => print_json(&findings)?,
        OutputForm::Text => {
            let lines = findings.iter().map(|it| toned(&it.text(), it.tone()));
            print(&lines.collect::<Vec<_>>().join("\n"))?
        }
    };
    let is_failed = findings.iter().any(|it| it.verdict == Verdict::Failed);
    Ok(if is_failed { Exit::InPart } else { Exit::Done })
}

/// The way of an event behind the listings: table, topic.
async fn way(connection: &Connection, settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(table) = &settings.table {
        let endpoint = connection.endpoint("DYNAMODB");
        let found = table::examine(&connection.sdk, endpoint, table, settings.is_deployed).await;
        findings.extend(found);
    }
    if let Some(topic) = &settings.topic {
        let endpoint = connection.endpoint("SNS");
        findings.extend(topic::examine(&connection.sdk, endpoint, "topic", topic).await);
    }
    findings
}

/// A stack: what runs, and the way of its events.
async fn deployed(connection: &Connection, stack: &Stack) -> Vec<Finding> {
    // The names are those of template.yaml.
    let mut findings = Vec::new();
    let mut every = None;
    match stack.get("PollerSchedule") {
        Some(name) => {
            let (finding, interval) =
                schedule::examine(connection, stack.get("ScheduleGroup"), name).await;
            findings.push(finding);
            every = interval;
        }
        None => findings.push(Finding::missing("schedule")),
    }
    findings.extend(rule::examine(connection, stack).await);
    let mut settings = Settings::own(Vec::new(), BTreeSet::new());
    match stack.get("Poller") {
        Some(name) => {
            let (found, of_function) = function::examine(connection, name).await;
            findings.extend(found);
            settings = of_function;
        }
        None => findings.push(Finding::missing("function")),
    }
    match stack.get("PollerLog") {
        Some(group) => {
            findings.push(polls::examine(connection, group, every, SystemClock.now()).await);
        }
        None => findings.push(Finding::missing("log")),
    }
    findings.push(letters::of_polls(connection, stack).await);
    findings.extend(fleet::workers(connection, stack).await);
    let (places, members) = fleet::places(connection, &settings).await;
    findings.extend(members);
    findings.extend(listings::examine(&connection.ec2(), &places).await);
    findings.extend(way(connection, &settings).await);
    findings.extend(webhook::examine(connection, stack).await);
    if let Some(topic) = stack.get("AlarmTopic") {
        let endpoint = connection.endpoint("SNS");
        let found = topic::examine(&connection.sdk, endpoint, "alarms", topic).await;
        findings.extend(found);
    }
    findings
}
