//! `amiwatch watch`: the poller in the foreground, until it is ended.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use amiwatch_simulator::{Call, FaultKind, FaultRule, Simulator, StorePlan, TaskStatus, Throttle};
use serde_json::{Value, json};

use super::{amiwatch, run, running, texts};
use crate::support::chat_app::{ChatApp, Reply};
use crate::support::{ACCOUNT, REGION, ago, moto};

const AMI: &str = "ami-0123456789abcdef0";

async fn simulator() -> Simulator {
    Simulator::builder().throttle(Throttle::Off).start().await.unwrap()
}

/// A `watch` that is ended by its own pid, with what it writes in files of its own.
struct Watch {
    child: Child,
    folder: tempfile::TempDir,
}

impl Watch {
    fn start(home: &Path, sim: &Simulator, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| std::fs::File::create(folder.path().join(name)).unwrap();
        let child = command(home, sim, arguments)
            .stdin(Stdio::null())
            .stdout(file("out"))
            .stderr(file("said"))
            .spawn()
            .unwrap();
        Self { child, folder }
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    /// Asks for the end and gives the exit code.
    async fn end(mut self) -> (Option<i32>, String) {
        self.signal("-TERM");
        let said = self.folder.path().join("said");
        let mut child = std::mem::replace(&mut self.child, Command::new("true").spawn().unwrap());
        let code = tokio::task::spawn_blocking(move || child.wait().unwrap().code()).await.unwrap();
        (code, std::fs::read_to_string(said).unwrap())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn command(home: &Path, sim: &Simulator, arguments: &[&str]) -> Command {
    let mut command = amiwatch(home, Some(&sim.url()));
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("AWS_ENDPOINT_URL_SNS", moto::url()).env("AWS_ENDPOINT_URL_STS", sim.url());
    command.args(["watch", "--every", "4s", "--kind", "store-image"]).args(arguments);
    command
}

/// Waits until something holds; a test that waits for ever is ended by the whole run's time.
async fn until(holds: impl Fn() -> bool) {
    while !holds() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn after_polls(sim: &Simulator, polls: usize) {
    until(|| {
        sim.world().calls().iter().filter(|it| it.action == "DescribeStoreImageTasks").count()
            >= polls
    })
    .await;
}

#[tokio::test]
async fn an_end_is_told_on_the_terminal_by_a_command_a_topic_and_a_webhook_and_the_watch_ends_cleanly()
 {
    let sim = simulator().await;
    let task = running(&sim, AMI);
    sim.world().name_image(ACCOUNT, REGION, AMI, "web-golden");
    let home = tempfile::tempdir().unwrap();
    let inbox = moto::Inbox::open().await;
    let app = ChatApp::answering(&[Reply::With(400, "invalid_blocks")]).await;
    let url = home.path().join("slack-url");
    std::fs::write(&url, format!("{}\n", app.url)).unwrap();
    let got = home.path().join("got");
    let exec = format!("(cat; echo; env | grep AMIWATCH_ | sort) > {}", got.display());
    let webhook = format!("slack={}", url.display());
    let arguments =
        ["-o", "json", "--exec", &exec, "--topic", &inbox.topic_arn, "--webhook", &webhook];
    let watch = Watch::start(home.path(), &sim, &arguments);
    after_polls(&sim, 1).await;
    sim.world().set_state(task, TaskStatus::new("Completed", 100));
    after_polls(&sim, 3).await;
    let event: Value = serde_json::from_str(watch.text("out").trim()).unwrap();
    assert_eq!(event["detail"]["outcome"], "completed");
    let told = std::fs::read_to_string(&got).unwrap();
    let (first, variables) = told.split_once('\n').unwrap();
    assert_eq!(serde_json::from_str::<Value>(first).unwrap(), event);
    for line in [
        format!(
            "AMIWATCH_SUBJECT=Completed: AMI store web-golden ({AMI}) to my-bucket (us-east-1)"
        ),
        "AMIWATCH_OUTCOME=completed".to_owned(),
        "AMIWATCH_KIND=store-image".to_owned(),
        format!("AMIWATCH_ID={}", event["id"].as_str().unwrap()),
    ] {
        assert!(variables.lines().any(|it| it == line), "{line}: {variables}");
    }
    assert_eq!(inbox.events().await, [event]);
    // It refused the whole message, and took the minimal one.
    assert_eq!((app.posts().len(), app.taken().len()), (2, 1));
    let (code, said) = watch.end().await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("told: exec, slack, sns, terminal"), "{said}");
    assert!(!said.contains("SECRET"), "the URL is a secret: {said}");
}

#[tokio::test]
async fn a_command_that_fails_or_hangs_leaves_its_event_untold_and_is_tried_again() {
    let sim = simulator().await;
    let task = running(&sim, AMI);
    let home = tempfile::tempdir().unwrap();
    let tries = home.path().join("tries");
    // The first try fails, the second one hangs, the third one succeeds.
    let exec = format!(
        "echo x >> {0}; echo printed; test $(wc -l < {0}) -eq 2 && exec sleep 600; test $(wc -l < {0}) -gt 2",
        tries.display()
    );
    let watch = Watch::start(home.path(), &sim, &["--exec", &exec, "--no-terminal"]);
    after_polls(&sim, 1).await;
    sim.world().set_state(task, TaskStatus::new("Failed", 5));
    until(|| watch.text("said").contains("all is well again")).await;
    assert_eq!(std::fs::read_to_string(&tries).unwrap().lines().count(), 3);
    let said = watch.text("said");
    assert!(said.contains("the command ended with exit status: 1"), "{said}");
    assert!(said.contains("the command ran for more than 7.5 s"), "{said}");
    assert_eq!(said.matches("printed\n").count(), 3, "{said}");
    assert_eq!(watch.text("out"), "");
    assert_eq!(watch.end().await.0, Some(0));
}

#[tokio::test]
async fn what_fails_is_said_once_and_what_ended_meanwhile_is_told_afterwards() {
    let sim = simulator().await;
    let task = running(&sim, AMI);
    let home = tempfile::tempdir().unwrap();
    let watch = Watch::start(home.path(), &sim, &[]);
    after_polls(&sim, 1).await;
    sim.world().add_fault(FaultRule::new(FaultKind::ExpiredToken));
    sim.world().set_state(task, TaskStatus::new("Completed", 100));
    after_polls(&sim, 3).await;
    sim.world().clear_faults();
    until(|| !watch.text("out").is_empty()).await;
    let said = watch.text("said");
    assert_eq!(said.matches("RequestExpired").count(), 1, "{said}");
    assert_eq!(watch.text("out").matches("Completed: AMI store").count(), 1);
    assert_eq!(watch.end().await.0, Some(0));
}

#[tokio::test]
async fn an_account_whose_regions_cannot_be_learned_at_the_start_is_watched_once_they_can() {
    const MEMBER: &str = "111122223333";
    let sim = simulator().await;
    let plan = StorePlan::new(AMI, "my-bucket", ago(60), Duration::from_secs(1_000_000));
    let task = sim.world().add_store_task(MEMBER, "eu-west-1", plan);
    let home = tempfile::tempdir().unwrap();
    let targets = home.path().join("targets.json");
    let document = json!({ "targets": [
        { "accounts": [ACCOUNT], "regions": [REGION] },
        { "accounts": [MEMBER], "regions": "all", "roleName": "amiwatch-member" },
    ] });
    std::fs::write(&targets, document.to_string()).unwrap();
    sim.world().add_fault(FaultRule::new(FaultKind::Denied).on("DescribeRegions"));
    let arguments = ["--accounts", targets.to_str().unwrap()];
    let watch = Watch::start(home.path(), &sim, &arguments);
    after_polls(&sim, 2).await;
    let is_polled = || {
        let is_listing = |it: &Call| {
            it.account == MEMBER && it.region == "eu-west-1" && it.action.ends_with("Tasks")
        };
        sim.world().calls().iter().any(is_listing)
    };
    assert!(!is_polled());
    sim.world().clear_faults();
    until(is_polled).await;
    sim.world().set_state(task, TaskStatus::new("Completed", 100));
    until(|| watch.text("out").contains("Completed: AMI store")).await;
    let (code, said) = watch.end().await;
    assert_eq!(code, Some(0), "{said}");
    let of_member = format!("DescribeRegions in us-east-1 of account {MEMBER}");
    assert_eq!(said.matches(&of_member).count(), 1, "{said}");
    assert!(
        said.contains("watching 2 accounts, in ") && said.contains("all is well again"),
        "{said}"
    );
}

#[tokio::test]
async fn a_second_watch_of_a_state_file_is_told_who_has_it_and_an_ended_one_leaves_it() {
    let sim = simulator().await;
    let home = tempfile::tempdir().unwrap();
    let first = Watch::start(home.path(), &sim, &[]);
    after_polls(&sim, 1).await;
    let pid = first.child.id();
    let (_, said, code) = texts(&run(command(home.path(), &sim, &[])).await);
    assert_eq!(code, Some(2));
    assert!(said.contains(&format!("process {pid} watches with ")), "{said}");
    // However it ends.
    first.signal("-KILL");
    drop(first);
    let calls = sim.world().calls().len();
    let second = Watch::start(home.path(), &sim, &[]);
    until(|| sim.world().calls().len() > calls).await;
    assert_eq!(second.end().await.0, Some(0));
}

#[cfg(unix)]
#[tokio::test]
async fn a_lock_follows_no_link_and_what_is_in_it_is_a_number_or_not_shown() {
    use std::os::unix::fs::PermissionsExt;
    let sim = simulator().await;
    let home = tempfile::tempdir().unwrap();
    let (state, other) = (home.path().join("state.db"), home.path().join("other"));
    let lock = home.path().join("state.db.pid");
    let arguments = ["--state", state.to_str().unwrap()];
    std::fs::write(&other, "precious").unwrap();
    std::os::unix::fs::symlink(&other, &lock).unwrap();
    let (_, said, code) = texts(&run(command(home.path(), &sim, &arguments)).await);
    assert_eq!(code, Some(2));
    assert!(said.contains("cannot use ") && said.contains("state.db.pid"), "{said}");
    assert_eq!(std::fs::read_to_string(&other).unwrap(), "precious");

    std::fs::remove_file(&lock).unwrap();
    let first = Watch::start(home.path(), &sim, &arguments);
    after_polls(&sim, 1).await;
    assert_eq!(std::fs::metadata(&lock).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::write(&lock, "\u{1b}[2J12").unwrap();
    let (_, said, code) = texts(&run(command(home.path(), &sim, &arguments)).await);
    assert_eq!(code, Some(2));
    assert!(said.contains("another process watches with ") && !said.contains("[2J"), "{said}");
    assert_eq!(first.end().await.0, Some(0));
}

#[tokio::test]
async fn what_cannot_be_watched_or_told_is_refused_with_the_way_out() {
    let sim = simulator().await;
    let home = tempfile::tempdir().unwrap();
    let empty = home.path().join("empty");
    std::fs::write(&empty, "").unwrap();
    let missing = format!("slack={}", home.path().join("missing").display());
    let empty = format!("teams={}", empty.display());
    for (arguments, words) in [
        (vec!["--every", "1s"], "write 4s or more"),
        (vec!["--no-terminal"], "--exec, --topic or --webhook"),
        (vec!["--webhook", "slack"], "slack=FILE"),
        (vec!["--webhook", "irc=file"], "write slack or teams"),
        (
            vec!["--webhook", "slack=https://hooks.slack.com/services/SECRET"],
            "a URL stands where a file should",
        ),
        (vec!["--webhook", &missing], "cannot read the webhook's URL"),
        (vec!["--webhook", &empty], "holds no URL"),
    ] {
        let mut command = amiwatch(home.path(), Some(&sim.url()));
        command.arg("watch").args(&arguments);
        let (out, said, code) = texts(&run(command).await);
        assert_eq!((out.as_str(), code), ("", Some(2)), "{arguments:?}: {said}");
        assert!(
            said.contains(words) && !said.contains("services/SECRET: "),
            "{arguments:?}: {said}"
        );
    }
}
