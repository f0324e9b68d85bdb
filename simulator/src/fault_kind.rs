//! What may go wrong with a call.

use std::time::Duration;

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// `RequestLimitExceeded`, 503; of STS `Throttling`, 400.
    Throttle,
    /// `InternalError`, 500; of STS `InternalFailure`.
    InternalError,
    /// `Unavailable`, 503; of STS `ServiceUnavailable`.
    Unavailable,
    /// `ServiceUnavailable`, 503.
    ServiceUnavailable,
    /// `UnauthorizedOperation`, 403; of STS `AccessDenied`.
    Denied,
    /// `RequestExpired`, 400: what an expired session token gets; of STS `ExpiredToken`, 403.
    ExpiredToken,
    /// `AuthFailure`, 401; of STS `InvalidClientTokenId`, 403.
    AuthFailure,
    /// Any other error.
    Error {
        /// The HTTP status.
        status: u16,
        /// The error code.
        code: String,
        /// The sentence beside it.
        message: String,
    },
    /// The answer comes this much later, in real time.
    Slow(Duration),
    /// The connection closes in the middle of the answer's body.
    Cut,
    /// The answer ends in the middle of its XML, though the connection is in order.
    MalformedXml,
    /// The whole body is this text, whatever the answer is: the page of a proxy, or nothing.
    Body(String),
    /// Items lack these elements, by their XML names; without `item` also what stands beside the
    /// items, such as `nextToken` or the set itself.
    MissingFields {
        /// The names.
        fields: Vec<String>,
        /// Only the item at this place of the answer, from 0; every item where absent.
        item: Option<usize>,
    },
    /// An element's content is this text, written without escaping. The first element of the name
    /// in each item; where an item has none, it gets one. `nextToken` stands beside the items.
    RawText {
        /// The element's XML name.
        element: String,
        /// What it holds.
        text: String,
        /// Only the item at this place of the answer, from 0; every item where absent.
        item: Option<usize>,
    },
    /// The listing of store tasks runs from the oldest to the newest, through all its pages; those
    /// of imports and exports run the other way round, whatever that is.
    ReversedOrder,
    /// The store, import or export tasks of each page come in an arbitrary order.
    ShuffledPage,
}
