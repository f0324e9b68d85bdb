//! The real `amiwatch` binary: output, exit codes, errors.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use amiwatch::sim::{FaultKind, FaultRule, Simulator, StorePlan, TaskStatus};
use serde_json::Value;

use crate::support::{ACCOUNT, REGION, ago};

fn amiwatch(home: &Path, endpoint: Option<&str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_amiwatch"));
    command
        .env_clear()
        .env("HOME", home)
        .env("AWS_REGION", REGION)
        .env("AWS_ACCESS_KEY_ID", ACCOUNT)
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    if let Some(endpoint) = endpoint {
        command.env("AWS_ENDPOINT_URL_EC2", endpoint);
    }
    command
}

async fn run(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn texts(output: &Output) -> (String, String, Option<i32>) {
    (
        String::from_utf8(output.stdout.clone()).unwrap(),
        String::from_utf8(output.stderr.clone()).unwrap(),
        output.status.code(),
    )
}

async fn simulator() -> Simulator {
    Simulator::builder().start().await.unwrap()
}

fn running(sim: &Simulator, image: &str) -> amiwatch::sim::TaskId {
    let plan = StorePlan::new(image, "my-bucket", ago(60), Duration::from_secs(1_000_000));
    sim.add_store_task(ACCOUNT, REGION, plan)
}

#[tokio::test]
async fn list_prints_a_table_for_people_and_json_for_programs() {
    let sim = simulator().await;
    running(&sim, "ami-0123456789abcdef0");
    let home = tempfile::tempdir().unwrap();
    let mut list = amiwatch(home.path(), Some(&sim.url()));
    list.arg("list");
    let (out, _, code) = texts(&run(list).await);
    assert_eq!(code, Some(0));
    assert!(out.contains("ami-0123456789abcdef0") && out.contains("InProgress"), "{out}");
    let mut list = amiwatch(home.path(), Some(&sim.url()));
    list.args(["list", "--output", "json", "--kind", "store-image"]);
    let (out, _, _) = texts(&run(list).await);
    let rows: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(rows[0]["imageId"], "ami-0123456789abcdef0");
    assert_eq!(rows[0]["state"], "InProgress");
    assert_eq!(rows[0]["region"], REGION);
}

#[tokio::test]
async fn poll_remembers_in_a_file_and_tells_once_with_exit_code_1_for_a_failure() {
    let sim = simulator().await;
    let good = running(&sim, "ami-0123456789abcdef0");
    let bad = running(&sim, "ami-0123456789abcdef1");
    let home = tempfile::tempdir().unwrap();
    let poll = |arguments: &[&str]| {
        let mut command = amiwatch(home.path(), Some(&sim.url()));
        command.arg("poll").args(arguments);
        run(command)
    };
    let (out, said, code) = texts(&poll(&[]).await);
    assert_eq!((out.as_str(), code), ("", Some(0)), "{said}");
    assert!(said.contains("baseline"), "{said}");
    assert!(home.path().join(".local/state/amiwatch/state.db").exists());

    sim.set_state(good, TaskStatus::new("Completed", 100));
    let (out, _, code) = texts(&poll(&["--output", "json"]).await);
    assert_eq!(code, Some(0));
    let event: Value = serde_json::from_str(out.trim()).unwrap();
    assert_eq!(event["detail"]["outcome"], "completed");
    assert_eq!(event["account"], ACCOUNT);

    sim.set_state(bad, TaskStatus::new("Failed", 50));
    let (out, _, code) = texts(&poll(&[]).await);
    assert_eq!(code, Some(1));
    assert!(out.starts_with("Failed: AMI store ami-0123456789abcdef1"), "{out}");
    let (out, _, code) = texts(&poll(&[]).await);
    assert_eq!((out.as_str(), code), ("", Some(0)));
}

#[tokio::test]
async fn what_cannot_be_done_ends_with_exit_code_2_and_says_why() {
    let sim = simulator().await;
    sim.add_fault(FaultRule::new(FaultKind::Denied));
    let home = tempfile::tempdir().unwrap();
    for (arguments, words) in [
        (&["list"][..], "UnauthorizedOperation"),
        (&["list", "--region", "mars"], "mars"),
        (&["list", "--kind", "snapshot"], "store-image or bundle"),
        (&["poll", "--account", "12"], "12 digits"),
        (&["render", "no-such-file.json"], "no-such-file.json"),
        (&["render", "--channel", "fax"], "fax"),
        (&["sim", "--scenario", "no-such-file.yaml"], "no-such-file.yaml"),
        (&["sim", "--speed", "0"], "speed"),
        (&["fly"], "fly"),
    ] {
        let mut command = amiwatch(home.path(), Some(&sim.url()));
        command.args(arguments);
        let (out, said, code) = texts(&run(command).await);
        assert_eq!((out.as_str(), code), ("", Some(2)), "{arguments:?}");
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
}

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

#[tokio::test]
async fn render_shows_samples_and_an_event_from_a_file_or_standard_input() {
    let home = tempfile::tempdir().unwrap();
    let mut all = amiwatch(home.path(), None);
    all.args(["render", "--all", "--output", "json"]);
    let (out, _, code) = texts(&run(all).await);
    assert_eq!(code, Some(0));
    let gallery: Vec<Value> = serde_json::from_str(&out).unwrap();
    // Two kinds, five outcomes, seven channels.
    assert_eq!(gallery.len(), 2 * 5 * 7);

    let event = gallery.iter().find(|shown| shown["channel"] == "event").unwrap()["text"].clone();
    let mut child = amiwatch(home.path(), None)
        .args(["render", "-", "--channel", "subject"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(event.as_str().unwrap().as_bytes()).unwrap();
    let (out, _, code) = texts(&child.wait_with_output().unwrap());
    assert_eq!(code, Some(0));
    assert!(out.contains("AMI store") || out.contains("bundle"), "{out}");
}

#[tokio::test]
async fn render_writes_a_gallery_of_the_samples_or_of_one_event_in_which_no_text_is_markup() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("a new/gallery");
    let mut all = amiwatch(home.path(), None);
    all.args(["render", "--all", "--gallery"]).arg(&folder);
    let (out, said, code) = texts(&run(all).await);
    assert_eq!((out.as_str(), code), ("", Some(0)), "{said}");
    assert!(said.contains("70 texts") && said.contains("index.html"), "{said}");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 71);
    let page = std::fs::read_to_string(folder.join("index.html")).unwrap();
    for name in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()) {
        let name = name.into_string().unwrap();
        assert!(name == "index.html" || page.contains(&format!("href=\"{name}\"")), "{name}");
    }

    let mut event: Value = serde_json::from_str(
        &std::fs::read_to_string(folder.join("store-image-failed-event.json")).unwrap(),
    )
    .unwrap();
    event["detail"]["failure"]["message"] = "</pre><script>alert(1)</script>".into();
    let file = home.path().join("event.json");
    std::fs::write(&file, event.to_string()).unwrap();
    let hostile = home.path().join("hostile");
    let mut one = amiwatch(home.path(), None);
    one.arg("render").arg(&file).args(["--all", "--gallery"]).arg(&hostile);
    let (_, said, code) = texts(&run(one).await);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(std::fs::read_dir(&hostile).unwrap().count(), 8);
    let page = std::fs::read_to_string(hostile.join("index.html")).unwrap();
    assert!(page.contains("alert(1)") && !page.contains("<script>"), "{page}");

    // A file stands where the folder should be.
    let mut blocked = amiwatch(home.path(), None);
    blocked.args(["render", "--all", "--gallery"]).arg(&file);
    let (_, said, code) = texts(&run(blocked).await);
    assert_eq!(code, Some(2));
    assert!(said.contains("event.json"), "{said}");
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
    demo.args(["demo", "--speed", "1200", "--output", "json"]);
    let (out, said, code) = texts(&run(demo).await);
    assert_eq!(code, Some(0), "{said}");
    let events: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let count = |outcome: &str| events.iter().filter(|e| e["detail"]["outcome"] == outcome).count();
    assert_eq!((count("completed"), count("failed"), events.len()), (4, 2, 6), "{out}");
}
