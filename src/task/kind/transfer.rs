//! What imports and exports have in common: how they end.

use crate::task::state::Phase;

/// The states of imports and exports. EC2 documents no list of them; these are in its examples and logs.
pub(super) const STATES: &[(&str, Phase)] = &[
    ("active", Phase::Running),
    ("pending", Phase::Running),
    ("validating", Phase::Running),
    ("validated", Phase::Running),
    ("converting", Phase::Running),
    ("updating", Phase::Running),
    // The reason of a failure may stand there already; the end is still to come.
    ("deleting", Phase::Running),
    ("cancelling", Phase::Running),
    ("completed", Phase::Completed),
    // A failure looks like a deletion.
    ("deleted", Phase::Failed),
    ("cancelled", Phase::Failed),
    ("error", Phase::Failed),
];

/// What EC2 says of a task that a user cancelled holds these words, in whatever case; how the last one
/// ends differs, as in "cancelation" and "cancellation".
const BY_A_USER: &str = "user initiated task cancel";

/// Tells a task that somebody cancelled from one that failed. `cancelled` with a text is a failure, such
/// as of an export that expired; `deleted` without one ended without a success, and nobody knows why.
pub(super) fn says_cancelled(state: &str, reason: Option<&str>) -> bool {
    match reason {
        Some(reason) => reason.to_ascii_lowercase().contains(BY_A_USER),
        None => state.eq_ignore_ascii_case("cancelled"),
    }
}

#[cfg(test)]
mod tests {
    use super::says_cancelled;

    #[test]
    fn a_task_counts_as_cancelled_only_where_ec2_says_so() {
        for (state, reason, cancelled) in [
            ("deleted", Some("User initiated task cancelation"), true),
            ("deleted", Some("user initiated task cancellation."), true),
            ("cancelled", None, true),
            ("Cancelled", None, true),
            ("cancelled", Some("Task expired and automatically canceled"), false),
            ("deleted", Some("ClientError: Disk validation failed"), false),
            ("deleted", None, false),
            ("error", None, false),
        ] {
            assert_eq!(says_cancelled(state, reason), cancelled, "{state} {reason:?}");
        }
    }
}
