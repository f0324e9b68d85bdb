//! Several accounts, by the roles in them: the simulator is their EC2 and their STS.

use std::path::Path;
use std::time::Duration;

use amiwatch_simulator::{Simulator, StorePlan, TaskId, TaskStatus, Throttle};
use serde_json::Value;

use super::{amiwatch, run, running, texts};
use crate::support::{ACCOUNT, REGION, ago};

const MEMBER: &str = "111122223333";
const BOTH: [&str; 6] =
    ["--account", ACCOUNT, "--account", MEMBER, "--role-name", "amiwatch-member"];
const AMI: &str = "ami-0123456789abcdef0";
const OF_MEMBER: &str = "ami-0123456789abcdef1";
const LONG: Duration = Duration::from_secs(1_000_000);

async fn simulator() -> Simulator {
    Simulator::builder().throttle(Throttle::Off).start().await.unwrap()
}

fn of_member(sim: &Simulator, region: &str, image: &str, bucket: &str) -> TaskId {
    sim.world().add_store_task(MEMBER, region, StorePlan::new(image, bucket, ago(60), LONG))
}

async fn say(home: &Path, sim: &Simulator, arguments: &[&str]) -> (String, String, Option<i32>) {
    let mut command = amiwatch(home, Some(&sim.url()));
    command.env("AWS_ENDPOINT_URL_STS", sim.url()).args(arguments);
    texts(&run(command).await)
}

#[tokio::test]
async fn tasks_are_listed_waited_for_polled_and_remembered_by_account() {
    let sim = simulator().await;
    running(&sim, AMI);
    let task = of_member(&sim, REGION, OF_MEMBER, "theirs");
    let home = tempfile::tempdir().unwrap();
    let with =
        async |arguments: &[&str]| say(home.path(), &sim, &[arguments, &BOTH].concat()).await;
    let (out, said, code) = with(&["list", "-o", "json"]).await;
    assert_eq!(code, Some(0), "{said}");
    let rows: Vec<Value> = serde_json::from_str(&out).unwrap();
    let accounts: Vec<&Value> = rows.iter().map(|row| &row["account"]).collect();
    assert_eq!(accounts, [MEMBER, ACCOUNT]);
    let (out, said, code) = with(&["poll"]).await;
    assert_eq!((out.as_str(), code), ("", Some(0)), "{said}");
    sim.world().set_state(task, TaskStatus::new("Completed", 100));
    let (out, said, code) = with(&["wait", OF_MEMBER, "-o", "json"]).await;
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["account"], MEMBER);
    let (out, said, code) = with(&["poll", "-o", "json"]).await;
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["account"], MEMBER);
    for (arguments, own, theirs) in [
        (&["history"][..], true, true),
        (&["history", "--account", MEMBER], false, true),
        (&["history", "--account", ACCOUNT], true, false),
    ] {
        let (out, said, code) = say(home.path(), &sim, arguments).await;
        assert_eq!(code, Some(0), "{said}");
        assert_eq!((out.contains(AMI), out.contains(OF_MEMBER)), (own, theirs), "{out}");
        assert_eq!(out.contains(MEMBER), own && theirs, "{out}");
    }
}

#[tokio::test]
async fn a_task_of_another_account_is_explained_by_what_its_own_account_lists() {
    let sim = simulator().await;
    running(&sim, AMI);
    let task = of_member(&sim, REGION, OF_MEMBER, "theirs");
    let home = tempfile::tempdir().unwrap();
    let explain = async |arguments: &[&str]| {
        let (out, said, code) = say(home.path(), &sim, &[&["explain"], arguments].concat()).await;
        assert_eq!(code, Some(0), "{arguments:?}: {said}");
        out
    };
    assert_eq!(say(home.path(), &sim, &[&["poll"], &BOTH[..]].concat()).await.2, Some(0));
    sim.world().set_state(task, TaskStatus::new("Completed", 100));
    // Without a role nobody knows what its account lists.
    for arguments in [&[OF_MEMBER][..], &[OF_MEMBER, "--account", MEMBER]] {
        let out = explain(arguments).await;
        for words in [
            format!("{OF_MEMBER}@theirs in us-east-1 of account {MEMBER}\n").as_str(),
            "EC2 now: not asked, as the credentials are of another account",
            format!("--account {MEMBER} --role-name").as_str(),
            "It runs; it last moved",
            "What the next poll does depends on what EC2 lists then.",
        ] {
            assert!(out.contains(words), "{words}: {out}");
        }
        assert!(!out.contains("does not list it") && !out.contains(ACCOUNT), "{out}");
    }
    let out = explain(&[OF_MEMBER, "-o", "json"]).await;
    let all: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((all.as_array().unwrap().len(), &all[0]["account"]), (1, &MEMBER.into()));
    assert_eq!(all[0]["remembered"][0]["nextPoll"], Value::Null);
    let out = explain(&[&[OF_MEMBER], &BOTH[..]].concat()).await;
    assert!(out.contains("calls it Completed"), "{out}");
    assert!(out.contains("The next poll tells it as completed."), "{out}");
    // What only one account has says nothing of the other.
    let out = explain(&[AMI]).await;
    assert!(out.contains("The next poll does nothing: nothing has changed."), "{out}");
    assert!(!out.contains(MEMBER), "{out}");
    let unknown = ["explain", "ami-0123456789abcdef9", "--account", MEMBER];
    let (out, said, code) = say(home.path(), &sim, &unknown).await;
    assert_eq!((out.as_str(), code), ("", Some(2)));
    assert!(said.contains("EC2 was not asked there") && said.contains("--role-name"), "{said}");
}

#[tokio::test]
async fn stores_of_one_ami_are_explained_under_their_buckets_also_in_regions_that_were_not_named() {
    let sim = simulator().await;
    for (region, bucket) in [(REGION, "one"), (REGION, "two"), ("eu-west-1", "three")] {
        let plan = StorePlan::new(AMI, bucket, ago(60), LONG);
        sim.world().add_store_task(ACCOUNT, region, plan);
    }
    let home = tempfile::tempdir().unwrap();
    let poll = ["poll", "-r", REGION, "-r", "eu-west-1"];
    assert_eq!(say(home.path(), &sim, &poll).await.2, Some(0));
    let (out, said, code) = say(home.path(), &sim, &["explain", AMI]).await;
    assert_eq!(code, Some(0), "{said}");
    for heading in ["@one in us-east-1 ", "@two in us-east-1 ", "@three in eu-west-1 "] {
        assert!(out.contains(&format!("{AMI}{heading}of account {ACCOUNT}\n")), "{out}");
    }
    assert_eq!(out.matches("calls it InProgress").count(), 3, "{out}");
    let (out, ..) = say(home.path(), &sim, &["explain", AMI, "-r", REGION]).await;
    assert_eq!(out.matches("calls it InProgress").count(), 2, "{out}");
}
