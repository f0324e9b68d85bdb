//! What cannot be written is not told.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use amiwatch::clock::SystemClock;
use amiwatch::memory::Memory;
use amiwatch::store::file::FileStore;
use amiwatch_simulator::{Simulator, TaskStatus, Throttle};
use serde_json::Value;

use super::{amiwatch, run, running, texts};
use crate::support::place;

/// More than a pipe holds.
const ENDINGS: usize = 200;

struct World {
    home: tempfile::TempDir,
    sim: Simulator,
}

impl World {
    /// A baseline is taken, and all tasks of it end.
    async fn with_endings() -> Self {
        let sim = Simulator::builder().throttle(Throttle::Off).start().await.unwrap();
        let home = tempfile::tempdir().unwrap();
        let tasks: Vec<_> =
            (0..ENDINGS).map(|number| running(&sim, &format!("ami-{number:017x}"))).collect();
        let world = Self { home, sim };
        let (_, said, code) = texts(&run(world.poll()).await);
        assert_eq!(code, Some(0), "{said}");
        for task in tasks {
            world.sim.world().set_state(task, TaskStatus::new("Completed", 100));
        }
        world
    }

    fn poll(&self) -> Command {
        let mut command = amiwatch(self.home.path(), Some(&self.sim.url()));
        command.args(["poll", "-o", "json", "--kind", "store-image"]);
        command
    }

    fn store(&self) -> Memory {
        let store =
            FileStore::open(&self.home.path().join(".local/state/amiwatch/state.db"), &SystemClock);
        Memory::new(Arc::new(store.unwrap()))
    }

    /// How many events the file holds that nobody was told. No poll holds them back.
    async fn untold(&self) -> usize {
        let records = self.store().read(&place()).await.unwrap().records;
        let untold = records.values().filter(|record| !record.value.outbox.is_empty());
        untold.inspect(|record| assert_eq!(record.value.lease, None)).count()
    }
}

fn ids(lines: &[String]) -> BTreeSet<String> {
    let id = |line: &String| serde_json::from_str::<Value>(line).unwrap()["id"].to_string();
    lines.iter().map(id).collect()
}

#[tokio::test]
async fn what_a_closed_pipe_did_not_take_is_told_by_the_next_poll() {
    let world = World::with_endings().await;
    // As `head -1`, which does not read what else has come when it ends.
    let mut child = world.poll().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdout.take().unwrap();
    let (seen, said, status) = tokio::task::spawn_blocking(move || {
        let mut byte = [0; 1];
        let mut first = Vec::new();
        while pipe.read(&mut byte).unwrap() == 1 && byte != *b"\n" {
            first.extend(byte);
        }
        drop(pipe);
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (String::from_utf8(first).unwrap(), said, child.wait().unwrap())
    })
    .await
    .unwrap();
    assert_eq!(status.code(), Some(2), "{said}");
    assert!(!said.contains("error") && !said.contains("pipe"), "{said}");
    let untold = world.untold().await;
    assert!(untold > 0 && untold < ENDINGS, "{untold} are untold");

    let (out, said, code) = texts(&run(world.poll()).await);
    let told: Vec<String> = out.lines().map(str::to_owned).collect();
    assert_eq!((told.len(), code), (untold, Some(0)), "{said}");
    assert!(!ids(&told).contains(&ids(&[seen]).pop_first().unwrap()), "the first was told twice");
    assert_eq!(world.untold().await, 0);
}

#[tokio::test]
async fn every_line_that_was_read_is_acked_and_no_other() {
    let world = World::with_endings().await;
    let mut child = world.poll().stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let pipe = child.stdout.take().unwrap();
    let seen = tokio::task::spawn_blocking(move || {
        let lines: Vec<String> = BufReader::new(pipe).lines().map(Result::unwrap).collect();
        assert_eq!(child.wait().unwrap().code(), Some(0));
        lines
    })
    .await
    .unwrap();
    assert_eq!(ids(&seen).len(), ENDINGS);
    assert_eq!(world.untold().await, 0);
}

#[tokio::test]
async fn a_full_disk_is_an_error_and_leaves_everything_untold() {
    let full = Path::new("/dev/full");
    if !full.exists() {
        return;
    }
    let world = World::with_endings().await;
    let mut poll = world.poll();
    poll.stdout(OpenOptions::new().write(true).open(full).unwrap());
    let (_, said, code) = texts(&run(poll).await);
    assert_eq!(code, Some(2));
    assert!(said.contains("cannot write to stdout"), "{said}");
    assert_eq!(world.untold().await, ENDINGS);
}

#[tokio::test]
async fn a_watch_whose_pipe_is_closed_ends_as_a_poll_does() {
    let world = World::with_endings().await;
    let mut watch = amiwatch(world.home.path(), Some(&world.sim.url()));
    watch.args(["watch", "-o", "json", "--kind", "store-image"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    watch.stdout(writer);
    let (_, said, code) = texts(&run(watch).await);
    assert_eq!(code, Some(2), "{said}");
    assert!(!said.contains("error") && !said.contains("all is well"), "{said}");
    assert_eq!(world.untold().await, ENDINGS);
}

#[tokio::test]
async fn other_commands_end_quietly_where_nobody_reads_on() {
    let world = World::with_endings().await;
    for (arguments, code) in [
        (&["list"][..], 0),
        (&["list", "-o", "json"], 0),
        (&["render", "--all"], 0),
        (&["render", "--all", "-o", "json"], 0),
        (&["demo", "--speed", "1200", "-o", "json"], 0),
        (&["--help"], 0),
    ] {
        let mut command = amiwatch(world.home.path(), Some(&world.sim.url()));
        command.args(arguments);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        command.stdout(writer);
        let (_, said, ended) = texts(&run(command).await);
        assert_eq!(ended, Some(code), "{arguments:?}: {said}");
        assert!(!said.contains("error") && !said.contains("panicked"), "{arguments:?}: {said}");
    }
}

#[tokio::test]
async fn a_closed_stderr_costs_nothing() {
    let world = World::with_endings().await;
    let mut poll = world.poll();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    poll.arg("-vv").stderr(writer).stdout(Stdio::piped());
    let output =
        tokio::task::spawn_blocking(move || poll.spawn().unwrap().wait_with_output().unwrap())
            .await
            .unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), ENDINGS);
}
