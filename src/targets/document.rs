//! The targets document: JSON in Parameter Store or in a file.
//!
//! ```json
//! {"targets": [{"accounts": ["111122223333"], "regions": ["us-east-1"], "kinds": ["store-image"],
//!               "roleName": "amiwatch-member", "externalId": "…"}]}
//! ```
//!
//! All but `accounts` may be left out, and `regions` may be `"all"`. Whoever mends a document wants to
//! know all that is wrong with it, so that reading goes on behind a fault.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::json::Json;
use super::merged::Merged;
use super::{Defaults, Regions, Role, Wish, foreign_region};
use crate::render::text::clipped;
use crate::rules;
use crate::task::Choice;

/// A fault repeats what is written in the document, which may be of any length: it is cut to so many
/// characters.
const LONGEST_FAULT: usize = 400;

/// What a document looks like.
const EXAMPLE: &str = r#"{"targets": [{"accounts": ["111122223333"], "regions": ["us-east-1"]}]}"#;

/// The fields of a target.
const FIELDS: [&str; 5] = ["accounts", "regions", "kinds", "roleName", "externalId"];

/// Reads documents, each with the name of its source, and joins their targets: one account's wishes
/// next to each other, by account.
///
/// # Errors
/// Every fault of all documents, with its source and its place in it.
pub fn parse(texts: &[(String, String)], defaults: &Defaults) -> Result<Vec<Wish>, Vec<String>> {
    let mut merged = Merged::default();
    let mut faults = Vec::new();
    for (source, text) in texts {
        let mut reader = Reader { source, defaults, faults: &mut faults };
        for (at, target) in reader.document(text) {
            for wish in reader.target(&at, target) {
                if let Err(fault) = merged.add(wish, &format!("{at} of {source}")) {
                    reader.fault(&at, format_args!("is wrong: {fault}"));
                }
            }
        }
    }
    if faults.is_empty() { Ok(merged.wishes()) } else { Err(faults) }
}

type Rule = fn(&str) -> Result<String, String>;

/// Reads one document and keeps what is wrong with it.
struct Reader<'a> {
    source: &'a str,
    defaults: &'a Defaults,
    faults: &'a mut Vec<String>,
}

impl Reader<'_> {
    fn fault(&mut self, at: &str, fault: impl Display) {
        let fault = clipped(&fault.to_string(), LONGEST_FAULT);
        self.faults.push(format!("{}: {at} {fault}", self.source));
    }

    /// The targets, with their places.
    fn document(&mut self, text: &str) -> Vec<(String, Json)> {
        let json: Json = match serde_json::from_str(text) {
            Ok(json) => json,
            Err(error) => {
                let fault = format!("is not the JSON that is expected ({error}): write {EXAMPLE}");
                self.fault("the document", fault);
                return Vec::new();
            }
        };
        let is_object = matches!(json, Json::Object(_));
        let mut fields = self.fields("the document", json, &["targets"]);
        let Some(targets) = fields.remove("targets") else {
            // One that is no object has its fault already.
            if is_object {
                self.fault("the document", format_args!("has no \"targets\": write {EXAMPLE}"));
            }
            return Vec::new();
        };
        let targets = self.list("targets", targets, "targets");
        targets.into_iter().enumerate().map(|(n, it)| (format!("targets[{n}]"), it)).collect()
    }

    /// The wishes of one target. With a fault in it they may be fewer: they are not used then.
    fn target(&mut self, at: &str, target: Json) -> Vec<Wish> {
        let is_object = matches!(target, Json::Object(_));
        let mut fields = self.fields(at, target, &FIELDS);
        let mut take = |name: &str| fields.remove(name).map(|json| (format!("{at}.{name}"), json));
        let accounts = take("accounts");
        let (regions, kinds) = (take("regions"), take("kinds"));
        let (role_name, external_id) = (take("roleName"), take("externalId"));

        let accounts = if let Some((at, json)) = accounts {
            self.texts(&at, json, "account ids", rules::account)
        } else {
            if is_object {
                self.fault(
                    at,
                    "has no \"accounts\": name the accounts, such as [\"111122223333\"]",
                );
            }
            Vec::new()
        };
        let regions = match regions {
            Some((at, json)) => self.regions(&at, json),
            None => self.defaults.regions.clone(),
        };
        let kinds = match kinds {
            Some((at, json)) => {
                let rule = |text: &str| text.parse::<Choice>().map(|_| text.to_owned());
                let words = self.texts(&at, json, "kinds", rule);
                let choices: Vec<Choice> =
                    words.iter().filter_map(|word| word.parse().ok()).collect();
                Choice::kinds(&choices)
            }
            None => self.defaults.kinds.clone(),
        };
        let role_name = role_name.and_then(|(at, it)| self.text(&at, it, rules::role_name));
        let external_id = external_id.and_then(|(at, it)| self.text(&at, it, rules::external_id));
        let by_default = self.defaults.role.as_ref();
        let has_external_id = external_id.is_some();
        let name = role_name.or_else(|| by_default.map(|role| role.name.clone()));
        let external_id =
            external_id.or_else(|| by_default.and_then(|role| role.external_id.clone()));
        let role = name.map(|name| Role { name, external_id });
        if role.is_none() && has_external_id {
            self.fault(at, "has an \"externalId\" and no role: name it in \"roleName\"");
        }
        let mut wishes = Vec::new();
        for account in accounts {
            match self.defaults.role_in(&account, role.as_ref()) {
                Ok(role) => wishes.push(Wish {
                    account,
                    regions: regions.clone(),
                    kinds: kinds.clone(),
                    role,
                }),
                Err(fault) => {
                    self.fault(at, format_args!("needs a \"roleName\": {fault}"));
                }
            }
        }
        wishes
    }

    fn regions(&mut self, at: &str, json: Json) -> Regions {
        match json {
            Json::Text(text) if text == "all" => Regions::All,
            Json::List(_) => {
                let regions = self.texts(at, json, "Region codes", rules::region);
                for region in &regions {
                    if let Some(fault) = foreign_region(region, &self.defaults.home_region) {
                        self.fault(at, fault);
                    }
                }
                Regions::Listed(regions)
            }
            other => {
                let is = other.described();
                self.fault(
                    at,
                    format_args!("is {is}: write a list, such as [\"us-east-1\"], or \"all\""),
                );
                Regions::All
            }
        }
    }

    /// A list's texts, each of which has to keep a rule.
    fn texts(&mut self, at: &str, json: Json, what: &str, rule: Rule) -> Vec<String> {
        let items = self.list(at, json, what);
        let items = items.into_iter().enumerate();
        items.filter_map(|(n, item)| self.text(&format!("{at}[{n}]"), item, rule)).collect()
    }

    /// A list's items, of which there must be one.
    fn list(&mut self, at: &str, json: Json, what: &str) -> Vec<Json> {
        match json {
            Json::List(items) => {
                if items.is_empty() {
                    self.fault(at, format_args!("is an empty list: name {what}"));
                }
                items
            }
            other => {
                let is = other.described();
                self.fault(at, format_args!("is {is}: write a list of {what}"));
                Vec::new()
            }
        }
    }

    /// A text that has to keep a rule.
    fn text(&mut self, at: &str, json: Json, rule: Rule) -> Option<String> {
        let Json::Text(text) = json else {
            let is = json.described();
            self.fault(at, format_args!("is {is}: write a text in quotation marks"));
            return None;
        };
        match rule(&text) {
            Ok(text) => Some(text),
            Err(error) => {
                self.fault(at, format_args!("is wrong: {error}"));
                None
            }
        }
    }

    /// An object's fields. Those that are not known are refused: one that is misspelled would otherwise
    /// count as left out.
    fn fields(&mut self, at: &str, json: Json, known: &[&str]) -> BTreeMap<String, Json> {
        let mut fields = BTreeMap::new();
        let entries = match json {
            Json::Object(entries) => entries,
            other => {
                let is = other.described();
                self.fault(at, format_args!("is {is}: write an object, as in {EXAMPLE}"));
                return fields;
            }
        };
        for (name, value) in entries {
            if !known.contains(&name.as_str()) {
                let known = known.join(", ");
                self.fault(at, format_args!("has an unknown field \"{name}\": there is {known}"));
            } else if fields.insert(name.clone(), value).is_some() {
                self.fault(at, format_args!("has \"{name}\" twice: leave one out"));
            }
        }
        fields
    }
}

#[cfg(test)]
mod tests;
