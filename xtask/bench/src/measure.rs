use std::error::Error;
use std::future::Future;

pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// Makes calls one after the other. Returns the allocations of the last one, when all pools are
/// filled.
pub(crate) fn repeat<F, T>(calls: u32, mut call: impl FnMut() -> F) -> Result<u64, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    // One thread, so that the counts are those of the calls.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut allocations, mut outcome) = (0, Ok(()));
    for _ in 0..calls {
        let info = allocation_counter::measure(|| outcome = runtime.block_on(call()).map(drop));
        allocations = info.count_total;
        std::mem::replace(&mut outcome, Ok(()))?;
    }
    Ok(allocations)
}
