//! What a stack of many Regions and accounts has more: places that only its functions can look at, and
//! workers with their queue.

use super::finding::Finding;
use super::function::{self, Settings, Watched};
use super::stack::Stack;
use super::{letters, mapping, queue};
use crate::cli::connect::Connection;
use crate::place::Place;
use crate::poll::PlaceToPoll;
use crate::targets::Regions;

/// The places that can be looked at from here, which are the own account's, and what is to be said of the
/// others: the members' roles trust the functions alone.
pub(super) async fn places(
    connection: &Connection,
    settings: &Settings,
) -> (Vec<PlaceToPoll>, Vec<Finding>) {
    let (is_own_watched, members) = match &settings.watched {
        Watched::Own => (true, None),
        Watched::Document(name) => (false, Some(format!("what {name} says"))),
        Watched::Accounts(accounts) => {
            let own = connection.account(None).await.unwrap_or_default();
            let others = accounts.iter().filter(|account| **account != own).count();
            let members = (others > 0).then(|| format!("{others} other accounts"));
            (accounts.contains(&own), members)
        }
    };
    let mut findings: Vec<Finding> = members
        .map(|members| {
            let says = format!(
                "{members}, in which only the functions may list tasks: the last polls say whether they can"
            );
            Finding::ok("members", says)
        })
        .into_iter()
        .collect();
    if !is_own_watched {
        return (Vec::new(), findings);
    }
    let home = connection.regions.first().map_or("", String::as_str);
    let regions = match &settings.regions {
        Regions::Listed(regions) => regions.clone(),
        Regions::All => connection.ec2().regions("", home).await.unwrap_or_else(|why| {
            let mend = "permit ec2:DescribeRegions";
            findings.push(Finding::refused("Regions", why, mend));
            Vec::new()
        }),
    };
    let of = |region| PlaceToPoll { place: Place::new("", region), kinds: settings.kinds.clone() };
    (regions.into_iter().map(of).collect(), findings)
}

/// The workers, what brings them their messages, and what was given up. Nothing where the stack has none.
pub(super) async fn workers(connection: &Connection, stack: &Stack) -> Vec<Finding> {
    let Some(name) = stack.get("Worker") else { return Vec::new() };
    let see = stack.get("PollerLog").map_or_else(
        || format!("read the log of {name}"),
        |group| format!("read why: aws logs tail {group} --since 1h"),
    );
    let about = "queue of targets";
    let queue = match queue::read(connection, about, stack.get("Targets")).await {
        Ok(queue) => queue.passing(about, &see),
        Err(finding) => finding,
    };
    let about = "event source mapping of targets";
    // SAM names it by the function and its event.
    let mapping = mapping::examine(connection, about, stack.get("WorkerWaiting"), &see).await;
    let mut findings = vec![queue, mapping];
    findings.extend(function::examine(connection, name).await.0);
    findings.push(letters::of_targets(connection, stack).await);
    findings
}
