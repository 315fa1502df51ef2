use std::error::Error;
use std::hint::black_box;

/// Why a contestant failed.
pub type Failure = Box<dyn Error + Send + Sync>;

/// One round of a task.
pub type Round = Box<dyn FnMut() -> Result<(), Failure>>;

/// Makes a round of a function. Its result is dropped within the round.
pub(crate) fn synchronous<T>(mut work: impl FnMut() -> Result<T, Failure> + 'static) -> Round {
    Box::new(move || work().map(|result| drop(black_box(result))))
}

/// Makes a round of a call.
pub(crate) fn calls<T>(mut call: impl AsyncFnMut() -> Result<T, Failure> + 'static) -> Result<Round, Failure> {
    // With one thread, the count covers the whole call.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(synchronous(move || runtime.block_on(call())))
}
