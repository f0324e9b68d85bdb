//! `amiwatch sim` and `amiwatch demo`.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use serde_json::Value;

use super::{amiwatch, run, texts};

#[tokio::test]
async fn a_scenario_with_a_mistake_names_file_field_and_rule() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.yaml");
    std::fs::write(&path, "places:\n  - account: \"1\"\n    region: us-east-1\n").unwrap();
    let mut command = amiwatch(folder.path(), None);
    command.args(["sim", "--scenario"]).arg(&path);
    let (_, said, code) = texts(&run(command).await);
    assert_eq!(code, Some(2));
    assert!(said.contains("broken.yaml") && said.contains("account"), "{said}");
}

struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[tokio::test]
async fn sim_says_first_where_it_listens_and_serves_a_scenario() {
    let home = tempfile::tempdir().unwrap();
    let scenario = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/demo.yaml");
    let mut child = amiwatch(home.path(), None)
        .args(["sim", "--listen", "127.0.0.1:0", "--scenario", scenario])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let _ended = Ended(child);
    let url = line.trim().strip_prefix("listening on ").unwrap().to_owned();
    assert!(url.starts_with("http://127.0.0.1:"));
    let mut list = amiwatch(home.path(), Some(&url));
    list.args(["list", "--output", "json"]);
    let (out, _, _) = texts(&run(list).await);
    assert!(out.contains("backup-archive"), "{out}");
}

#[tokio::test]
async fn the_demo_tells_each_ending_once_and_nothing_old() {
    let home = tempfile::tempdir().unwrap();
    let mut demo = amiwatch(home.path(), None);
    // Slow enough that the first poll comes before any task has ended, also on a busy machine.
    demo.args(["demo", "--speed", "240", "--output", "json"]);
    let (out, said, code) = texts(&run(demo).await);
    assert_eq!(code, Some(0), "{said}");
    let events: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let count = |outcome: &str| events.iter().filter(|e| e["detail"]["outcome"] == outcome).count();
    assert_eq!((count("completed"), count("failed"), events.len()), (4, 2, 6), "{out}");
}
