//! The ARNs of roles.

use crate::names::is_account;

/// A role, by the parts of its ARN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Role<'a> {
    pub(super) partition: &'a str,
    pub(super) account: &'a str,
    /// Without the path before it.
    name: &'a str,
}

impl<'a> Role<'a> {
    /// Takes an ARN apart; none where it is not one of a role.
    pub(super) fn of(arn: &'a str) -> Option<Self> {
        let (partition, rest) = arn.strip_prefix("arn:")?.split_once(':')?;
        let (account, path) = rest.strip_prefix("iam::")?.split_once(":role/")?;
        let is_part = |part: &str| !part.is_empty() && part.chars().all(is_word);
        if !is_account(account) || !path.split('/').all(is_part) {
            return None;
        }
        let name = path.rsplit('/').next().filter(|name| name.len() <= 64)?;
        Some(Self { partition, account, name })
    }

    /// The ARN of one of its sessions.
    pub(super) fn session_arn(&self, session: &str) -> String {
        let Self { partition, account, name } = self;
        format!("arn:{partition}:sts::{account}:assumed-role/{name}/{session}")
    }
}

/// Whether a character may stand in the name of a role or of a session.
pub(super) fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_+=,.@-".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_told_from_what_is_none() {
        let role = Role::of("arn:aws-cn:iam::111122223333:role/teams/a/amiwatch-member").unwrap();
        assert_eq!((role.partition, role.account), ("aws-cn", "111122223333"));
        let session = "arn:aws-cn:sts::111122223333:assumed-role/amiwatch-member/amiwatch";
        assert_eq!(role.session_arn("amiwatch"), session);
        let long = format!("arn:aws:iam::111122223333:role/{}", "x".repeat(65));
        for not in [
            "",
            "amiwatch-member",
            "arn:aws:iam::1111:role/x",
            "arn:aws:iam::111122223333:user/x",
            "arn:aws:iam::111122223333:role/",
            "arn:aws:iam::111122223333:role/x/",
            "arn:aws:iam::111122223333:role//x",
            "arn:aws:iam::111122223333:role/a b",
            "arn:aws:iam:us-east-1:111122223333:role/x",
            long.as_str(),
        ] {
            assert_eq!(Role::of(not), None, "{not}");
        }
    }
}
