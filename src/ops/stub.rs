//! Stands in for what the layers below are about to bring.
use std::time::Duration;
/// Pause between attempts.
pub struct Backoff;
impl Backoff {
    /// See `api`.
    pub fn new(_seed: u64) -> Self {
        Self
    }
    /// See `api`.
    pub fn next(&mut self, _after: Option<Duration>) -> Duration {
        Duration::from_secs(1)
    }
}
impl crate::api::Client {
    /// See `api`.
    pub async fn sandbox_lose(
        &self,
        _list: &crate::domain::list::ListId,
        _count: u32,
    ) -> Result<(), crate::api::Error> {
        Err(crate::api::Error::Stopped)
    }
}
impl crate::domain::phone::Region {
    /// See `domain`.
    pub fn as_str(self) -> &'static str {
        "US"
    }
}
