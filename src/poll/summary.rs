//! What a poll did, as a value: the function's answer, its summary line, the command line's output.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::place::Place;
use crate::render::text::truncate;
use crate::task::Kind;

/// Failures that an answer names, where no more targets failed than that.
const FAILURES_NAMED: usize = 20;

/// Targets whose first failure an answer names.
const TARGETS_NAMED: usize = 150;

/// The longest failure that an answer quotes, in characters: a denied action, with who was denied it and
/// what for, is among the longer ones.
const FAILURE_LONGEST: usize = 420;

/// Lambda passes on an error of 256 KB at most, and a character takes four bytes at most.
const _: () = assert!(TARGETS_NAMED * (4 * FAILURE_LONGEST + 16) < 256 * 1024);

/// What one poll of one target did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TargetSummary {
    /// The account.
    pub account: String,
    /// The Region.
    pub region: String,
    /// The kind of task.
    pub kind: Kind,
    /// Calls of EC2's listing.
    pub listing_calls: u32,
    /// Those that EC2 put off: it throttled them, or was not available.
    pub throttled: u32,
    /// Tasks listed.
    pub listed: usize,
    /// Tasks that stood out of EC2's documented order.
    pub out_of_order: usize,
    /// Tasks that EC2 listed later than that order promises.
    pub listed_late: usize,
    /// This poll took, or went on taking, the baseline.
    pub baseline: bool,
    /// It could not be listed for an hour, and cannot now.
    pub blind: bool,
    /// Records written.
    pub saved: usize,
    /// Events decided on by this poll.
    pub decided: usize,
    /// The AMI and the bucket of each listed task that runs, where it has both.
    #[serde(skip)]
    pub running: BTreeSet<(String, String)>,
    /// What went wrong; the next poll takes it up again.
    pub failures: Vec<String>,
}

impl TargetSummary {
    pub(super) fn new(place: &Place, kind: Kind) -> Self {
        Self {
            account: place.account.clone(),
            region: place.region.clone(),
            kind,
            listing_calls: 0,
            throttled: 0,
            listed: 0,
            out_of_order: 0,
            listed_late: 0,
            baseline: false,
            blind: false,
            saved: 0,
            decided: 0,
            running: BTreeSet::new(),
            failures: Vec::new(),
        }
    }

    /// Logs what there is to report of the target. A target that was polled as usual has no line: the
    /// metrics that are counted by it have no value then, and cost nothing.
    pub(super) fn log(&self) {
        let Self { account, region, kind, .. } = self;
        for failure in &self.failures {
            tracing::error!("Polling {kind} tasks in {account}/{region} failed in part: {failure}");
        }
        let failures = self.failures.len();
        if failures == 0 && self.throttled == 0 && !self.blind {
            return;
        }
        tracing::info!(
            target_kind = kind.name(),
            target_region = region,
            target_failures = failures,
            target_throttled = self.throttled,
            target_listing_calls = self.listing_calls,
            target_blind = u8::from(self.blind),
            "Target {kind} in {region}: {failures} failures, {} of {} listing calls throttled{}",
            self.throttled,
            self.listing_calls,
            if self.blind { ", blind" } else { "" },
        );
    }
}

/// What one poll did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Each target that was polled.
    pub targets: Vec<TargetSummary>,
    /// Events published, each counted once a sink.
    pub published: usize,
    /// Events of which a sink took only the minimal form.
    pub minimal: usize,
    /// Events that a sink refused.
    pub refused: usize,
    /// Events left for a later poll: a sink is down, somebody else tells them, or time ran out.
    pub left: usize,
    /// Events that wait to be told when the poll ends, for whatever reason.
    pub untold: usize,
    /// For how long the oldest of them has waited, in seconds.
    pub oldest_untold_seconds: u64,
    /// Stored items that cannot be understood.
    pub unreadable: usize,
    /// Events that wait only for sinks that are not configured here.
    pub elsewhere: usize,
    /// Targets not begun, as the time ran out.
    pub targets_left: Vec<String>,
    /// What went wrong while telling.
    pub failures: Vec<String>,
}

impl Summary {
    /// What went wrong with one kind of task, and with telling, which knows no kind.
    #[must_use]
    pub fn failures_of(&self, kind: Kind) -> Vec<String> {
        let targets = self.targets.iter().filter(|target| target.kind == kind).cloned().collect();
        Self { targets, ..self.clone() }.first_failures()
    }

    /// What went wrong in an account, and with telling, but for targets that are known to be blind.
    #[must_use]
    pub fn failures_in(&self, account: &str) -> Vec<String> {
        let is_there = |target: &&TargetSummary| target.account == account && !target.blind;
        let targets = self.targets.iter().filter(is_there).cloned().collect();
        let is_left = |left: &&String| left.starts_with(&format!("{account}/"));
        let targets_left = self.targets_left.iter().filter(is_left).cloned().collect();
        Self { targets, targets_left, ..self.clone() }.first_failures()
    }

    /// What went wrong, but for targets that are known to be blind and have been told to be.
    #[must_use]
    pub fn failures_beside_blind(&self) -> Vec<String> {
        let targets = self.targets.iter().filter(|target| !target.blind).cloned().collect();
        Self { targets, ..self.clone() }.first_failures()
    }

    /// Calls of EC2's listings.
    #[must_use]
    pub fn listing_calls(&self) -> u32 {
        self.targets.iter().map(|target| target.listing_calls).sum()
    }

    /// What went wrong, for an answer of bounded length: the first failure of each target, then
    /// further ones, and how many more there are.
    #[must_use]
    pub fn first_failures(&self) -> Vec<String> {
        let by_target = self.failures_by_target();
        let total: usize = by_target.iter().map(Vec::len).sum();
        let rounds = by_target.iter().map(Vec::len).max().unwrap_or(0);
        let ranked = (0..rounds).flat_map(|rank| {
            by_target.iter().filter_map(move |failures| Some((rank, failures.get(rank)?)))
        });
        let mut named: Vec<String> = ranked
            .enumerate()
            .take_while(|(count, (rank, _))| {
                *count < FAILURES_NAMED || (*rank == 0 && *count < TARGETS_NAMED)
            })
            .map(|(_, (_, failure))| truncate(failure, FAILURE_LONGEST))
            .collect();
        if total > named.len() {
            named.push(format!("{} more failures, see the log", total - named.len()));
        }
        named
    }

    /// Everything that went wrong, each with the name of its target.
    #[must_use]
    pub fn all_failures(&self) -> Vec<String> {
        self.failures_by_target().into_iter().flatten().collect()
    }

    fn failures_by_target(&self) -> Vec<Vec<String>> {
        let of_targets = self.targets.iter().map(|target| {
            let name = format!("{}/{} {}", target.account, target.region, target.kind);
            target.failures.iter().map(|failure| format!("{name}: {failure}")).collect()
        });
        let left =
            self.targets_left.iter().map(|name| vec![format!("{name}: not begun, out of time")]);
        of_targets.chain([self.failures.clone()]).chain(left).collect()
    }

    pub(super) fn add(&mut self, other: Self) {
        self.targets.extend(other.targets);
        self.published += other.published;
        self.minimal += other.minimal;
        self.refused += other.refused;
        self.left += other.left;
        self.untold += other.untold;
        self.oldest_untold_seconds = self.oldest_untold_seconds.max(other.oldest_untold_seconds);
        self.unreadable += other.unreadable;
        self.elsewhere += other.elsewhere;
        self.targets_left.extend(other.targets_left);
        self.failures.extend(other.failures);
    }
}
