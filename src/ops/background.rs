//! Work of many seconds that a screen stands beside.

use super::OpsError;
use crate::files;

/// Runs blocking work on a thread that steps back, and with it every thread that it starts. A thread of its own, since the
/// others are lent to work that a person waits for. A panic there is an internal error, not a dead console.
pub(super) async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, OpsError> {
    let (done, result) = tokio::sync::oneshot::channel();
    let behind = move || {
        files::step_back();
        let _ = done.send(work());
    };
    std::thread::Builder::new()
        .spawn(behind)
        .map_err(|e| OpsError::Internal(format!("no thread is to be had for the work: {e}")))?;
    result.await.map_err(|_| OpsError::Internal("a worker thread ended before its work was done".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_panics_is_an_error() {
        let ended = in_background(|| -> u8 { panic!("as a defect would") }).await;
        assert!(matches!(ended, Err(OpsError::Internal(_))), "{ended:?}");
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn it_and_what_it_starts_step_back_and_nobody_else() {
        let own = || rustix::process::getpriority_process(Some(rustix::thread::gettid())).unwrap();
        let before = own();
        let behind = in_background(move || (own(), std::thread::scope(|it| it.spawn(own).join().unwrap())));
        let (thread, started) = behind.await.unwrap();
        assert!(thread >= 10 && started == thread, "{thread} {started}");
        assert_eq!(own(), before);
    }
}
