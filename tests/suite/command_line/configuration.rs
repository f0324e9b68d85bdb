//! Whose account, which Region, which endpoint: profiles, variables and options.

use std::path::Path;
use std::process::Command;

use amiwatch_simulator::{Simulator, TaskStatus};
use serde_json::Value;

use super::{amiwatch, run, running, simulator, texts};
use crate::support::moto::{self, Inbox};
use crate::support::{ACCOUNT, REGION, ago};

const OTHER: &str = "222222222222";

/// The access key id of a simulated account is the account's.
fn configured(home: &Path, config: &str) {
    std::fs::create_dir_all(home.join(".aws")).unwrap();
    std::fs::write(home.join(".aws/config"), config).unwrap();
}

fn profile(name: &str, account: &str, more: &str) -> String {
    format!("[profile {name}]\naws_access_key_id = {account}\naws_secret_access_key = s\n{more}\n")
}

fn of_other_account(sim: &Simulator, region: &str, image: &str) -> amiwatch_simulator::TaskId {
    let takes = std::time::Duration::from_secs(1_000_000);
    let plan = amiwatch_simulator::StorePlan::new(image, "my-bucket", ago(60), takes);
    sim.world().add_store_task(OTHER, region, plan)
}

async fn images(list: Command) -> Vec<String> {
    let (out, said, code) = texts(&run(list).await);
    assert_eq!(code, Some(0), "{said}");
    let rows: Vec<Value> = serde_json::from_str(&out).unwrap();
    rows.iter().map(|row| row["imageId"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_profile_that_is_named_is_used_whatever_keys_the_environment_holds() {
    let sim = simulator().await;
    running(&sim, "ami-0123456789abcdef0");
    let other = of_other_account(&sim, REGION, "ami-0123456789abcdef1");
    let home = tempfile::tempdir().unwrap();
    configured(home.path(), &profile("other", OTHER, ""));
    let command = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = amiwatch(home.path(), Some(&sim.url()));
        command.args(arguments).envs(variables.iter().copied());
        command
    };
    let typed = command(&["list", "-o", "json", "--profile", "other"], &[]);
    let (mine, others) = (["ami-0123456789abcdef0"], ["ami-0123456789abcdef1"]);
    assert_eq!(images(typed).await, others);
    // A variable is a default, over which keys win.
    assert_eq!(images(command(&["list", "-o", "json"], &[("AWS_PROFILE", "other")])).await, mine);
    let mut without_keys = command(&["list", "-o", "json"], &[("AWS_PROFILE", "other")]);
    without_keys.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    assert_eq!(images(without_keys).await, others);

    // The account of somebody else does not count beside a profile that is typed.
    let variables = [("AMIWATCH_ACCOUNT", ACCOUNT)];
    let poll = || command(&["poll", "-v", "--profile", "other", "-o", "json"], &variables);
    let (_, said, code) = texts(&run(poll()).await);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(OTHER) && !said.contains(ACCOUNT), "{said}");
    sim.world().set_state(other, TaskStatus::new("Completed", 100));
    let (out, _, _) = texts(&run(poll()).await);
    let event: Value = serde_json::from_str(out.trim()).unwrap();
    assert_eq!(
        (&event["account"], &event["detail"]["imageId"]),
        (&OTHER.into(), &others[0].into())
    );
}

#[tokio::test]
async fn a_profile_that_does_not_exist_is_an_error_that_names_those_that_do() {
    let sim = simulator().await;
    let home = tempfile::tempdir().unwrap();
    configured(home.path(), &profile("other", OTHER, ""));
    for (arguments, variable, words) in [
        (&["--profile", "nobody"][..], None, "--profile nobody"),
        (&["--profile", ""], None, "--profile"),
        (&[], Some("AWS_PROFILE"), "AWS_PROFILE nobody"),
        (&[], Some("AWS_DEFAULT_PROFILE"), "AWS_DEFAULT_PROFILE nobody"),
    ] {
        for command in ["list", "poll"] {
            let mut command_line = amiwatch(home.path(), Some(&sim.url()));
            command_line.arg(command).args(arguments);
            command_line.envs(variable.map(|name| (name, "nobody")));
            let (out, said, code) = texts(&run(command_line).await);
            assert_eq!((out.as_str(), code), ("", Some(2)), "{said}");
            assert!(said.contains(words) && said.contains("it has other"), "{said}");
        }
    }
    assert!(!home.path().join(".local").exists(), "something was remembered");
}

#[tokio::test]
async fn a_profile_without_credentials_does_not_fall_back_on_keys_in_the_environment() {
    let sim = simulator().await;
    let home = tempfile::tempdir().unwrap();
    configured(home.path(), "[profile bare]\nregion = us-east-1\n");
    let mut command = amiwatch(home.path(), Some(&sim.url()));
    command.args(["poll", "--profile", "bare"]);
    let (_, said, code) = texts(&run(command).await);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("no credentials"), "{said}");
}

#[tokio::test]
async fn the_region_is_the_typed_one_else_the_variables_else_the_profiles() {
    let sim = simulator().await;
    let home = tempfile::tempdir().unwrap();
    configured(home.path(), &profile("other", OTHER, "region = eu-west-1"));
    for region in ["eu-west-1", "eu-west-2", "eu-west-3"] {
        of_other_account(&sim, region, &format!("ami-in-{region}"));
    }
    for (arguments, variable, region) in [
        (&[][..], "", "eu-west-1"),
        (&[], "eu-west-2", "eu-west-2"),
        (&["--region", "eu-west-3"], "eu-west-2", "eu-west-3"),
    ] {
        let mut command = amiwatch(home.path(), Some(&sim.url()));
        command.env("AWS_REGION", variable).args(["list", "-o", "json", "--profile", "other"]);
        command.args(arguments);
        let (out, said, _) = texts(&run(command).await);
        assert!(out.contains(&format!("ami-in-{region}")), "{region}: {out} {said}");
    }
}

#[tokio::test]
async fn the_endpoints_of_a_profile_are_used_and_those_of_the_environment_win() {
    let (sim, elsewhere) = (simulator().await, simulator().await);
    of_other_account(&sim, REGION, "ami-0123456789abcdef0");
    of_other_account(&elsewhere, REGION, "ami-0123456789abcdef1");
    let home = tempfile::tempdir().unwrap();
    let url = sim.url();
    let global = profile("global", OTHER, &format!("endpoint_url = {url}"));
    let named = profile("services", OTHER, "services = local");
    let services = format!("[services local]\nec2 =\n  endpoint_url = {url}\n");
    configured(home.path(), &format!("{global}{named}{services}"));
    for name in ["global", "services"] {
        let command = |set: &str| {
            let mut command = amiwatch(home.path(), None);
            command.env("AWS_ENDPOINT_URL", set).env("AWS_ENDPOINT_URL_EC2", "");
            command.args(["list", "-o", "json", "--kind", "store-image", "--profile", name]);
            command
        };
        let (out, said, _) = texts(&run(command("")).await);
        assert!(name == "services" || out.contains("abcdef0"), "{out} {said}");
        let (out, said, _) = texts(&run(command(&elsewhere.url())).await);
        assert!(out.contains("abcdef1"), "{out} {said}");
        let mut unset = command("");
        unset.env_remove("AWS_ENDPOINT_URL").env_remove("AWS_ENDPOINT_URL_EC2");
        let (out, said, _) = texts(&run(unset).await);
        assert!(out.contains("abcdef0"), "{out} {said}");
    }
}

#[tokio::test]
async fn an_empty_variable_is_not_set() {
    let sim = simulator().await;
    of_other_account(&sim, "eu-west-1", "ami-0123456789abcdef0");
    let home = tempfile::tempdir().unwrap();
    let default = "[default]\naws_access_key_id = 222222222222\naws_secret_access_key = s\n";
    configured(home.path(), &format!("{default}region = eu-west-1\n"));
    let mut poll = amiwatch(home.path(), Some(&sim.url()));
    for name in [
        "AMIWATCH_ACCOUNT",
        "AMIWATCH_STATE",
        "AWS_ACCESS_KEY_ID",
        "AWS_CONFIG_FILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL",
        "AWS_PROFILE",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_SHARED_CREDENTIALS_FILE",
        "COLUMNS",
        "XDG_STATE_HOME",
    ] {
        poll.env(name, "");
    }
    poll.args(["poll", "-v"]);
    let (_, said, code) = texts(&run(poll).await);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("222222222222/eu-west-1 store-image: 1 tasks listed"), "{said}");
    assert!(home.path().join(".local/state/amiwatch/state.db").exists());
}

#[tokio::test]
async fn a_typed_option_wins_over_a_variable_and_a_wrong_variable_is_named() {
    let sim = simulator().await;
    running(&sim, "ami-0123456789abcdef0");
    let home = tempfile::tempdir().unwrap();
    let (table, inbox) = (moto::table().await, Inbox::open().await);
    let poll = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = amiwatch(home.path(), Some(&sim.url()));
        command.env("AWS_ENDPOINT_URL", moto::url()).arg("poll").args(arguments);
        command.envs(variables.iter().copied());
        run(command)
    };
    let state = home.path().join("exported.db");
    let exported = [("AMIWATCH_STATE", state.to_str().unwrap()), ("AMIWATCH_ACCOUNT", "wrong")];
    let to_table = ["--table", &table, "--topic", &inbox.topic_arn, "--account", ACCOUNT];
    let (_, said, code) = texts(&poll(&to_table, &exported).await);
    assert_eq!(code, Some(0), "{said}");
    assert!(!state.exists());
    assert!(moto::table_as_text(&table).await.contains("~store-image"));

    let typed = home.path().join("typed.db");
    let to_file = ["--state", typed.to_str().unwrap(), "--account", ACCOUNT];
    let (_, said, code) = texts(&poll(&to_file, &exported).await);
    assert_eq!((code, state.exists(), typed.exists()), (Some(0), false, true), "{said}");
    let (_, said, code) = texts(&poll(&[], &exported[..1]).await);
    assert_eq!((code, state.exists()), (Some(0), true), "{said}");
    let (_, said, code) = texts(&poll(&[], &exported).await);
    assert_eq!(code, Some(2));
    assert!(said.contains("AMIWATCH_ACCOUNT") && said.contains("12 digits"), "{said}");
    let both = [&to_table[..], &["--state", "x"]].concat();
    assert_eq!(texts(&poll(&both, &[]).await).2, Some(2));
}

#[tokio::test]
async fn an_endpoint_without_a_scheme_and_missing_credentials_are_said_in_a_sentence_with_the_way_out()
 {
    let home = tempfile::tempdir().unwrap();
    let list = async |variables: &[(&str, &str)], without: &[&str]| {
        let mut command = amiwatch(home.path(), None);
        command.envs(variables.iter().copied()).args(["list", "--kind", "bundle"]);
        for name in without {
            command.env_remove(name);
        }
        let (out, said, code) = texts(&run(command).await);
        assert_eq!((out.as_str(), code), ("", Some(2)), "{said}");
        assert!(said.lines().all(|line| line.chars().count() < 400), "{said}");
        said
    };
    let said = list(&[("AWS_ENDPOINT_URL_EC2", "127.0.0.1:4570")], &[]).await;
    assert!(said.contains("AWS_ENDPOINT_URL_EC2 is \"127.0.0.1:4570\""), "{said}");
    assert!(said.contains("such as http://127.0.0.1:4570"), "{said}");
    let nobody = [("AWS_ENDPOINT_URL_EC2", "http://127.0.0.1:1")];
    let keys = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    let said = list(&nobody, &keys).await;
    assert!(said.contains("no credentials: log in (`aws sso login`)"), "{said}");
    let said = list(&[("AWS_ENDPOINT_URL_EC2", "http://no-such-host.invalid")], &[]).await;
    assert!(
        said.contains("the host of EC2 is not found") && said.contains("check the Region"),
        "{said}"
    );
}
