//! Waits for a lock that may be held for a long time.

#[cfg(feature = "server")]
thread_local! {
    static IS_OF_SERVER: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Marks the current thread as one of a server's runtime, whose other tasks must not wait.
#[cfg(feature = "server")]
pub(crate) fn begin() {
    IS_OF_SERVER.set(true);
}

/// Calls a function that may block for long. On a thread of a server, its other tasks move to another thread meanwhile.
pub(crate) fn wait<T>(long: impl FnOnce() -> T) -> T {
    #[cfg(feature = "server")]
    if IS_OF_SERVER.get() {
        return tokio::task::block_in_place(long);
    }
    long()
}
