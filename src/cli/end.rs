//! The end of what runs until somebody ends it: Ctrl-C, or the signal that asks a process to end.

/// The signals that ask for the end.
pub(super) struct EndOfService {
    #[cfg(unix)]
    signals: Vec<tokio::signal::unix::Signal>,
}

impl EndOfService {
    /// Listens from now on.
    pub(super) fn listen() -> Self {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let kinds = [SignalKind::interrupt(), SignalKind::terminate()];
            Self { signals: kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect() }
        }
        #[cfg(not(unix))]
        Self {}
    }

    /// Returns when the end is asked for.
    pub(super) async fn wait(self) {
        #[cfg(unix)]
        {
            let mut signals = self.signals;
            let each = signals.iter_mut().map(|signal| Box::pin(signal.recv()));
            let each: Vec<_> = each.collect();
            if each.is_empty() {
                std::future::pending::<()>().await;
            }
            futures_util::future::select_all(each).await;
        }
        #[cfg(not(unix))]
        drop(tokio::signal::ctrl_c().await);
    }
}
