//! What is wrong in a scenario: where, which rule, and what to write instead.

use crate::names::is_resource_id;

/// Why a scenario was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {field}: {rule}: {way_out}")]
#[non_exhaustive]
pub struct ScenarioError {
    /// The file.
    pub file: String,
    /// The path of the field, such as `places[0].store_tasks[2].start`.
    pub field: String,
    /// The rule that it breaks.
    pub rule: String,
    /// What to do about it.
    pub way_out: String,
}

/// The same, before it is known which file it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) field: String,
    pub(crate) rule: String,
    pub(crate) way_out: String,
}

impl Problem {
    pub(crate) fn new(
        field: impl Into<String>,
        rule: impl Into<String>,
        way_out: impl Into<String>,
    ) -> Self {
        Self { field: field.into(), rule: rule.into(), way_out: way_out.into() }
    }

    /// The same field, seen from further outside.
    pub(crate) fn under(mut self, path: &str) -> Self {
        self.field.insert_str(0, path);
        self
    }

    pub(crate) fn in_file(self, file: &str) -> ScenarioError {
        let Self { field, rule, way_out } = self;
        ScenarioError { file: file.to_owned(), field, rule, way_out }
    }

    /// Takes a deserializer's sentence apart: `path: what is wrong, expected what`.
    pub(crate) fn from_serde(message: &str) -> Self {
        let is_path = |text: &&str| !text.is_empty() && !text.contains([' ', '"', '`']);
        let (field, rest) = match message.split_once(": ") {
            Some((path, rest)) if is_path(&path) => (path, rest),
            _ => ("the document", message),
        };
        let (rest, line) = match rest.rsplit_once(" at line ") {
            Some((rest, line)) => (rest, format!(" (line {line})")),
            None => (rest, String::new()),
        };
        let (rule, way_out) = if let Some((rule, way_out)) = rest.split_once("; ") {
            (rule, way_out.to_owned())
        } else if let Some((rule, expected)) = rest.split_once(", expected ") {
            (rule, format!("expected {expected}"))
        } else if let Some(missing) = rest.strip_prefix("missing field ") {
            (rest, format!("add {missing}"))
        } else {
            (rest, "write it as docs/simulator.md shows".to_owned())
        };
        Self::new(field, format!("{rule}{line}"), way_out)
    }
}

/// Refuses a text that is none of what a field takes.
pub(crate) fn check_text(
    field: &str,
    text: &str,
    is_right: impl Fn(&str) -> bool,
    what: &str,
    example: &str,
) -> Result<(), Problem> {
    if is_right(text) {
        return Ok(());
    }
    let rule = format!("\"{text}\" is no {what}");
    Err(Problem::new(field, rule, format!("write one such as {example}")))
}

/// Refuses what is no AMI id.
pub(crate) fn check_image(field: &str, image: &str) -> Result<(), Problem> {
    let is_right = |text: &str| is_resource_id("ami-", text);
    check_text(field, image, is_right, "AMI id", "ami-0123456789abcdef0")
}

/// Refuses what is no instance id.
pub(crate) fn check_instance(instance: &str) -> Result<(), Problem> {
    let is_right = |text: &str| is_resource_id("i-", text);
    check_text("instance_id", instance, is_right, "instance id", "i-12345678")
}

/// Refuses what no XML can hold: the whole page would be none.
pub(crate) fn check_words(field: &str, text: Option<&String>) -> Result<(), Problem> {
    let is_bad = |c: char| {
        (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}')
    };
    match text.and_then(|text| text.chars().find(|c| is_bad(*c))) {
        None => Ok(()),
        Some(bad) => {
            let rule = format!("holds {bad:?}, which XML does not allow");
            Err(Problem::new(field, rule, "use the fault raw-text to write it all the same"))
        }
    }
}

/// Refuses what is no percentage.
pub(crate) fn check_percent(field: &str, percent: Option<u8>) -> Result<(), Problem> {
    match percent {
        Some(percent) if percent > 100 => {
            let rule = format!("{percent} is not a percentage");
            Err(Problem::new(field, rule, "write 0 to 100"))
        }
        _ => Ok(()),
    }
}

/// Checks every entry of a list, and says which of them is wrong.
pub(crate) fn check_each<T>(
    field: &str,
    entries: &[T],
    mut check: impl FnMut(&T) -> Result<(), Problem>,
) -> Result<(), Problem> {
    for (index, entry) in entries.iter().enumerate() {
        check(entry).map_err(|problem| problem.under(&format!("{field}[{index}].")))?;
    }
    Ok(())
}

/// Refuses names that are none of the elements of an answer.
pub(crate) fn check_elements(
    field: &str,
    names: &[String],
    elements: impl IntoIterator<Item = &'static str>,
) -> Result<(), Problem> {
    let elements: Vec<&str> = elements.into_iter().collect();
    match names.iter().find(|name| !elements.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => {
            let rule = format!("\"{name}\" is no element of an answer");
            Err(Problem::new(field, rule, format!("write one of {}", elements.join(", "))))
        }
    }
}
