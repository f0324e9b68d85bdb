//! Filters: several must all hold, of several values of one any may.

use crate::error::ApiError;

/// One `Filter.N`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) name: String,
    pub(crate) values: Vec<String>,
}

impl Filter {
    /// True where any of the values is this text. With `wildcards`, `*` stands for any text and
    /// `?` for any character, unless a backslash stands before them.
    pub(crate) fn accepts(&self, text: Option<&str>, wildcards: bool) -> bool {
        let Some(text) = text else { return false };
        self.values.iter().any(
            |value| {
                if wildcards { glob(&tokens(value), text) } else { value == text }
            },
        )
    }
}

/// Fails on the first filter whose name the call does not have.
pub(crate) fn check_names(filters: &[Filter], known: &[&str]) -> Result<(), ApiError> {
    match filters.iter().find(|filter| !known.contains(&filter.name.as_str())) {
        None => Ok(()),
        Some(filter) => {
            let message = format!("The filter '{}' is invalid", filter.name);
            Err(ApiError::new("InvalidParameterValue", message))
        }
    }
}

#[derive(Clone, Copy)]
enum Token {
    Text,
    Character,
    Exactly(char),
}

fn tokens(pattern: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        found.push(match character {
            '*' => Token::Text,
            '?' => Token::Character,
            '\\' => Token::Exactly(characters.next().unwrap_or('\\')),
            other => Token::Exactly(other),
        });
    }
    found
}

/// Walks once over the text, going back only to the last `*`: no pattern makes it slow.
fn glob(pattern: &[Token], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut token) = (0, 0);
    let mut star = None;
    while let Some(character) = text.get(at) {
        match pattern.get(token) {
            Some(Token::Text) => {
                star = Some((token, at));
                token += 1;
                continue;
            }
            Some(Token::Character) => {
                (at, token) = (at + 1, token + 1);
                continue;
            }
            Some(Token::Exactly(wanted)) if wanted == character => {
                (at, token) = (at + 1, token + 1);
                continue;
            }
            _ => {}
        }
        let Some((back, eaten)) = star else { return false };
        star = Some((back, eaten + 1));
        (token, at) = (back + 1, eaten + 1);
    }
    pattern.iter().skip(token).all(|token| matches!(token, Token::Text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(value: &str, text: &str, wildcards: bool) -> bool {
        Filter { name: "n".into(), values: vec!["other".into(), value.into()] }
            .accepts(Some(text), wildcards)
    }

    #[test]
    fn values_are_literal_and_case_sensitive_unless_wildcards_are_on() {
        assert!(accepts("Completed", "Completed", false));
        assert!(!accepts("completed", "Completed", false));
        assert!(!accepts("Comp*", "Completed", false));
        assert!(accepts("a*", "a*", false));
        assert!(!Filter { name: "n".into(), values: vec!["*".into()] }.accepts(None, true));
    }

    #[test]
    fn wildcards_stand_for_text_and_a_backslash_takes_that_away() {
        for (pattern, text, matches) in [
            ("Comp*", "Completed", true),
            ("*ted", "Completed", true),
            ("*p*t*", "Completed", true),
            ("*", "", true),
            ("?", "", false),
            ("?ailed", "Failed", true),
            ("Fail??", "Failed", true),
            ("Fail?", "Failed", false),
            (r"a\*", "a*", true),
            (r"a\*", "ab", false),
            (r"a\?", "a?", true),
            (r"a\\", r"a\", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZd", false),
        ] {
            assert_eq!(accepts(pattern, text, true), matches, "{pattern} on {text}");
        }
    }
}
