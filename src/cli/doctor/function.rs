//! Whether a function can run, and what it does.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_lambda::Client;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use aws_sdk_lambda::types::{LastUpdateStatus, State};

use super::finding::Finding;
use crate::aws::error::reason;
use crate::cli::connect::Connection;
use crate::rules;
use crate::targets::Regions;
use crate::task::{Choice, Kind};

/// Which accounts a function watches.
#[derive(Debug)]
pub(super) enum Watched {
    /// The one that it is in.
    Own,
    /// These.
    Accounts(Vec<String>),
    /// Those that a document says, by its name in Parameter Store.
    Document(String),
}

/// What a function is configured to do.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) watched: Watched,
    pub(super) regions: Regions,
    pub(super) kinds: BTreeSet<Kind>,
    pub(super) table: Option<String>,
    pub(super) topic: Option<String>,
    /// Whether a stack's function says so, and not the command line.
    pub(super) is_deployed: bool,
}

impl Settings {
    /// What is watched in the own account.
    pub(super) fn own(regions: Vec<String>, kinds: BTreeSet<Kind>) -> Self {
        Self {
            watched: Watched::Own,
            regions: Regions::Listed(regions),
            kinds,
            table: None,
            topic: None,
            is_deployed: false,
        }
    }
}

pub(super) fn client(connection: &Connection) -> Client {
    let mut config = aws_sdk_lambda::config::Builder::from(&connection.sdk);
    if let Some(url) = connection.endpoint("LAMBDA") {
        config = config.endpoint_url(url);
    }
    Client::from_conf(config.build())
}

/// The function that polls, and what it is configured to do.
pub(super) async fn examine(connection: &Connection, name: &str) -> (Vec<Finding>, Settings) {
    let (findings, variables) = look(connection, name, |it| watches(&settings(it))).await;
    (findings, settings(&variables))
}

/// The function behind a webhook.
pub(super) async fn examine_webhook(connection: &Connection, name: &str) -> Vec<Finding> {
    look(connection, name, posts).await.0
}

/// What is to be found of a function, and its variables, out of which `does` says what it does.
async fn look(
    connection: &Connection,
    name: &str,
    does: impl Fn(&HashMap<String, String>) -> String,
) -> (Vec<Finding>, HashMap<String, String>) {
    let client = client(connection);
    let about = format!("function {name}");
    let found = match client.get_function_configuration().function_name(name).send().await {
        Ok(found) => found,
        Err(error) => {
            let why = format!("GetFunctionConfiguration: {}", reason(&error));
            let mend = "deploy the stack again, or permit lambda:GetFunctionConfiguration";
            return (vec![Finding::refused(about, why, mend)], HashMap::new());
        }
    };
    let variables = found.environment.as_ref().and_then(|it| it.variables.clone());
    let variables = variables.unwrap_or_default();
    let concurrency = client.get_function_concurrency().function_name(name).send().await;
    let reserved = match concurrency {
        Ok(answer) => reserved(&about, name, answer.reserved_concurrent_executions),
        Err(error) => Some(Finding::warning(
            about.clone(),
            format!("GetFunctionConcurrency: {}", reason(&error)),
            "permit lambda:GetFunctionConcurrency",
        )),
    };
    let state = state(&about, &found, &does(&variables));
    ([Some(state), reserved].into_iter().flatten().collect(), variables)
}

fn settings(variables: &HashMap<String, String>) -> Settings {
    let get = |name: &str| variables.get(name).filter(|it| !it.trim().is_empty());
    let list = |name| get(name).into_iter().flat_map(|it| it.split(',')).map(str::trim);
    let kinds: Vec<Choice> = list("AMIWATCH_KINDS").filter_map(|it| it.parse().ok()).collect();
    let accounts: Vec<String> = list("AMIWATCH_ACCOUNTS").map(str::to_owned).collect();
    let watched = match get("AMIWATCH_TARGETS_PARAMETER") {
        Some(name) => Watched::Document(name.clone()),
        None if accounts.is_empty() => Watched::Own,
        None => Watched::Accounts(accounts),
    };
    let regions = match get("AMIWATCH_REGIONS").map(|it| it.trim()) {
        Some("all") => Regions::All,
        _ => Regions::Listed(
            list("AMIWATCH_REGIONS").filter_map(|it| rules::region(it).ok()).collect(),
        ),
    };
    Settings {
        watched,
        regions,
        kinds: Choice::kinds(&kinds),
        table: get("AMIWATCH_TABLE").cloned(),
        topic: get("AMIWATCH_TOPIC_ARN").cloned(),
        is_deployed: true,
    }
}

fn watches(settings: &Settings) -> String {
    let kinds: Vec<String> = settings.kinds.iter().map(ToString::to_string).collect();
    let kinds = kinds.join(", ");
    let regions = match &settings.regions {
        Regions::All => "all Regions".to_owned(),
        Regions::Listed(regions) => regions.join(", "),
    };
    match &settings.watched {
        Watched::Own => format!("watches {kinds} in {regions}"),
        Watched::Accounts(accounts) => {
            format!("watches {kinds} in {regions} of {}", accounts.join(", "))
        }
        Watched::Document(name) => {
            format!("watches what {name} says, by default {kinds} in {regions}")
        }
    }
}

fn posts(variables: &HashMap<String, String>) -> String {
    let get = |name: &str| variables.get(name).map_or("(none)", String::as_str);
    let (app, parameter) = (get("AMIWATCH_WEBHOOK"), get("AMIWATCH_WEBHOOK_PARAMETER"));
    format!("posts to {app}, by the URL in {parameter}")
}

fn state(about: &str, found: &GetFunctionConfigurationOutput, does: &str) -> Finding {
    let why = |text: &Option<String>| text.clone().unwrap_or_else(|| "no reason given".to_owned());
    // An idle function is `Inactive` and wakes up at the next call.
    match (&found.state, &found.last_update_status) {
        (Some(State::Failed), _) => Finding::failed(
            about,
            format!("cannot run: {}", why(&found.state_reason)),
            "deploy the stack again",
        ),
        (_, Some(LastUpdateStatus::Failed)) => Finding::failed(
            about,
            format!("its last update failed: {}", why(&found.last_update_status_reason)),
            "deploy the stack again",
        ),
        _ => {
            let memory = found.memory_size.unwrap_or_default();
            Finding::ok(about, format!("{does}, with {memory} MB"))
        }
    }
}

fn reserved(about: &str, name: &str, reserved: Option<i32>) -> Option<Finding> {
    (reserved == Some(0)).then(|| {
        let mend = format!("aws lambda delete-function-concurrency --function-name {name}");
        Finding::failed(about, "may not run: its reserved concurrency is 0", mend)
    })
}
