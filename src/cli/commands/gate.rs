//! `gate`: exit 0 only when the list is READY.

use std::time::Duration;

use tokio::time::Instant;

use crate::cli::args::GateArgs;
use crate::cli::context::{Context, stopped};
use crate::cli::failure::{Failure, exit};
use crate::cli::shapes::gate_object;
use crate::domain::readiness::ListState;
use crate::domain::text::visible;

/// Between two looks while waiting; the end of the cool-down is waited for exactly.
const PAUSE: Duration = Duration::from_secs(5);

pub(super) async fn run(context: &Context, args: &GateArgs) -> Result<u8, Failure> {
    let (_, ops) = context.connect_to_read().await?;
    let until = Instant::now() + Duration::from_secs(args.wait);
    let (list, readiness) = loop {
        let (list, readiness) = context.or_stopped(ops.gate(&args.list)).await?;
        let left = until.saturating_duration_since(Instant::now());
        // Only what settles by itself is worth waiting for.
        if readiness.state != ListState::Settling || left.is_zero() {
            break (list, readiness);
        }
        let seconds = Duration::from_secs(readiness.seconds_left.max(1));
        context.out.remark(&format!("SETTLING: {}", visible(&readiness.because, 300)));
        tokio::select! {
            () = tokio::time::sleep(seconds.min(PAUSE).min(left)) => {}
            () = context.stop.cancelled() => return Err(stopped()),
        }
    };
    context.out.answer(&gate_object(&list, &readiness), || {
        format!(
            "{}  {}\n  {}",
            readiness.state.as_str(),
            visible(&list.name, 100),
            visible(&readiness.because, 500)
        )
    })?;
    Ok(if readiness.state == ListState::Ready { exit::DONE } else { exit::NO })
}
