//! What is wrong in a scenario: where, which rule, and what to write instead.

/// Why a scenario was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {field}: {rule}: {way_out}")]
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
            (rest, "see docs/simulator.md for the format".to_owned())
        };
        Self::new(field, format!("{rule}{line}"), way_out)
    }
}
