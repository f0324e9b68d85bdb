//! What an examination found, as a line.

use serde::Serialize;

use crate::render::story::Tone;
use crate::render::text::plain;

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Verdict {
    Ok,
    /// It works, and somebody should look at it.
    Warning,
    /// Something cannot do its job.
    Failed,
}

/// What was found of one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// What was looked at.
    about: String,
    pub(super) verdict: Verdict,
    /// What was seen.
    says: String,
    /// How to mend it, where something is to be mended.
    mend: Option<String>,
}

impl Finding {
    pub(super) fn ok(about: impl Into<String>, says: impl Into<String>) -> Self {
        Self { about: about.into(), verdict: Verdict::Ok, says: says.into(), mend: None }
    }

    pub(super) fn warning(
        about: impl Into<String>,
        says: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        let (says, mend) = (says.into(), Some(mend.into()));
        Self { about: about.into(), verdict: Verdict::Warning, says, mend }
    }

    /// AWS did not do what was asked; `mend` helps where it refused. Where it did not answer, the network
    /// is to be mended.
    pub(super) fn refused(
        about: impl Into<String>,
        says: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        let says = says.into();
        let is_unheard =
            ["dispatch failure", "is not found (", "timeout", "timed out", "no answer of"]
                .iter()
                .any(|words| says.contains(words));
        if is_unheard {
            let mend =
                "check the network, its proxy (HTTPS_PROXY) and the endpoints (AWS_ENDPOINT_URL)";
            return Self::failed(about, says, mend);
        }
        Self::failed(about, says, mend)
    }

    /// The template makes it.
    pub(super) fn missing(about: impl Into<String>) -> Self {
        Self::failed(about, "the stack has none", "deploy the stack again")
    }

    pub(super) fn failed(
        about: impl Into<String>,
        says: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self { verdict: Verdict::Failed, ..Self::warning(about, says, mend) }
    }

    /// The finding as text: a line, and one below it that says how to mend it. AWS's own words may be
    /// in it.
    pub(super) fn text(&self) -> String {
        let word = match self.verdict {
            Verdict::Ok => "ok",
            Verdict::Warning => "warning",
            Verdict::Failed => "FAILED",
        };
        let line = format!("{word:8} {}: {}", self.about, plain(&self.says));
        match &self.mend {
            Some(mend) => format!("{line}\n         {}", plain(mend)),
            None => line,
        }
    }

    pub(super) fn tone(&self) -> Tone {
        match self.verdict {
            Verdict::Ok => Tone::Neutral,
            Verdict::Warning => Tone::Warning,
            Verdict::Failed => Tone::Bad,
        }
    }
}
