//! The services that are served, and what their protocols do not have in common.

/// A service of AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Service {
    /// The tasks, and what belongs to them.
    #[default]
    Ec2,
    /// The roles of other accounts.
    Sts,
}

impl Service {
    /// The service that a signature's scope names.
    pub(crate) fn of_scope(name: &str) -> Option<Self> {
        match name {
            "ec2" => Some(Self::Ec2),
            "sts" => Some(Self::Sts),
            _ => None,
        }
    }

    /// The one version of its API that there is.
    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::Ec2 => "2016-11-15",
            Self::Sts => "2011-06-15",
        }
    }

    /// The namespace of its answers. EC2's errors have none.
    pub(crate) fn namespace(self) -> &'static str {
        match self {
            Self::Ec2 => "http://ec2.amazonaws.com/doc/2016-11-15/",
            Self::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
        }
    }
}
