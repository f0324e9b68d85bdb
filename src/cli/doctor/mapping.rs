//! Whether Lambda takes messages out of a queue to the function behind it.

use aws_sdk_lambda::operation::get_event_source_mapping::GetEventSourceMappingOutput;

use super::finding::Finding;
use super::function;
use crate::aws::error::reason;
use crate::cli::connect::Connection;

/// `see` says where to look for why the function fails.
pub(super) async fn examine(
    connection: &Connection,
    about: &str,
    uuid: Option<&str>,
    see: &str,
) -> Finding {
    let Some(uuid) = uuid else { return Finding::missing(about) };
    let client = function::client(connection);
    match client.get_event_source_mapping().uuid(uuid).send().await {
        Ok(found) => judged(about, uuid, &found, see),
        Err(error) => Finding::refused(
            about,
            format!("GetEventSourceMapping: {}", reason(&error)),
            "deploy the stack again, or permit lambda:GetEventSourceMapping",
        ),
    }
}

fn judged(about: &str, uuid: &str, found: &GetEventSourceMappingOutput, see: &str) -> Finding {
    let state = found.state().unwrap_or("in no known state");
    let says = format!("is {state}");
    match state {
        // Lambda does not always say how the last try went.
        "Enabled" => match found.last_processing_result() {
            Some(result) if !is_well(result) => {
                Finding::warning(about, format!("{says}; the last try: {result}"), see)
            }
            _ => Finding::ok(about, says),
        },
        "Creating" | "Enabling" | "Updating" => {
            Finding::warning(about, says, "ask again in some minutes")
        }
        "Disabling" | "Disabled" => {
            let why = found.state_transition_reason().unwrap_or("no reason given");
            let mend = format!("aws lambda update-event-source-mapping --uuid {uuid} --enabled");
            Finding::failed(about, format!("{says} ({why}): nothing leaves the queue"), mend)
        }
        _ => Finding::failed(about, says, "deploy the stack again"),
    }
}

/// Whether the last try went well, or there was none.
fn is_well(result: &str) -> bool {
    result.starts_with("OK") || result == "No records processed"
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    #[test]
    fn a_mapping_that_is_not_enabled_takes_nothing() {
        for (state, result, verdict, words) in [
            ("Enabled", None, Verdict::Ok, "is Enabled"),
            ("Enabled", Some("No records processed"), Verdict::Ok, "is Enabled"),
            ("Enabled", Some("OK"), Verdict::Ok, "is Enabled"),
            (
                "Enabled",
                Some("PROBLEM: Function call failed"),
                Verdict::Warning,
                "the last try: PROBLEM: Function call failed",
            ),
            ("Updating", None, Verdict::Warning, "ask again"),
            ("Disabled", None, Verdict::Failed, "(USER_INITIATED): nothing leaves the queue"),
            ("Disabled", Some("OK"), Verdict::Failed, "--uuid 1-2 --enabled"),
            ("Deleting", None, Verdict::Failed, "deploy the stack again"),
        ] {
            let found = GetEventSourceMappingOutput::builder()
                .state(state)
                .state_transition_reason("USER_INITIATED")
                .set_last_processing_result(result.map(str::to_owned))
                .build();
            let finding = judged("mapping", "1-2", &found, "read the log");
            assert_eq!(finding.verdict, verdict, "{state} {result:?}");
            assert!(finding.text().contains(words), "{words}: {}", finding.text());
        }
    }
}
