//! How a thread waits for a world that is at work.

#[cfg(feature = "server")]
thread_local! {
    static IS_OF_SERVER: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Says that the thread is one of a server's runtime, which has other work than what waits.
#[cfg(feature = "server")]
pub(crate) fn begin() {
    IS_OF_SERVER.set(true);
}

/// Does what waits for long. Of a server's thread, the other work goes to another thread meanwhile.
pub(crate) fn wait<T>(long: impl FnOnce() -> T) -> T {
    #[cfg(feature = "server")]
    if IS_OF_SERVER.get() {
        return tokio::task::block_in_place(long);
    }
    long()
}
