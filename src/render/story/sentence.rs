//! A sentence of our words and of names from outside, which each channel escapes in its own way.

use std::borrow::Cow;

use crate::event::Event;

/// A sentence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sentence(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Ours(Cow<'static, str>),
    Outside(String),
}

impl Sentence {
    /// A sentence that begins with our words.
    pub(in crate::render) fn new(words: &'static str) -> Self {
        Self::default().say(words)
    }

    /// Goes on with our words.
    pub(in crate::render) fn say(mut self, words: impl Into<Cow<'static, str>>) -> Self {
        self.0.push(Piece::Ours(words.into()));
        self
    }

    /// Goes on with a name from outside.
    pub(in crate::render) fn name(mut self, name: &str) -> Self {
        self.0.push(Piece::Outside(name.to_owned()));
        self
    }

    /// Goes on with another part, where there is one.
    pub(super) fn and(mut self, more: Option<Self>) -> Self {
        self.0.extend(more.into_iter().flat_map(|more| more.0));
        self
    }

    /// Goes on with the bucket, where there is one, and the Region in brackets.
    pub(super) fn place(self, event: &Event, joint: &'static str) -> Self {
        let with_bucket = match event.detail.subject.bucket.as_deref() {
            Some(bucket) => self.say(joint).name(bucket),
            None => self,
        };
        with_bucket.say(" (").name(&event.region).say(")")
    }

    /// Ends with where a task that failed stopped.
    pub(super) fn stopped(self, event: &Event) -> Self {
        match event.detail.progress_percent {
            Some(percent) => self.say(format!(". It stopped at {percent}%.")),
            None => self.say("."),
        }
    }

    /// Ends with where a task stands still.
    pub(super) fn stuck(self, event: &Event) -> Self {
        match event.detail.progress_percent {
            Some(percent) => self.say(format!(" has not moved from {percent}%.")),
            None => self.say(" shows no progress."),
        }
    }

    /// The sentence, with each name as `name` writes it.
    #[must_use]
    pub fn text(&self, name: impl Fn(&str) -> String) -> String {
        let pieces = self.0.iter().map(|piece| match piece {
            Piece::Ours(words) => words.clone(),
            Piece::Outside(text) => name(text).into(),
        });
        pieces.collect()
    }
}
