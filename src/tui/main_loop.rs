//! The loop: wait for something, handle all that is there, draw once. Nothing happens while nothing happens, but that the
//! terminal is asked once a second whether it is still there ([`super::runtime::Keys`]).

use std::time::Duration;

use anyhow::Context;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::app::App;
use super::cx::{Env, Tenant};
use super::event::{Effect, Event};
use super::frames::{Frames, Owed};
use super::runtime::{Keys, Reports, Runtime};
use super::terminal::{self, Guard};
use super::theme::Theme;
use super::{Ended, Start};
use crate::ops::{Gauges, Ops};

/// When the size of the window is looked at again after it changed. The system may send the signal a moment before the new
/// size can be read, and says nothing more.
const LOOKS: [Duration; 3] = [Duration::from_millis(50), Duration::from_millis(250), Duration::from_secs(1)];
/// At most this many facts before the next look at keys and screen.
const BATCH: usize = 128;

/// See [`super::run`].
pub async fn run(start: Start) -> anyhow::Result<Ended> {
    let mut guard = Guard::take().context("the terminal cannot be used")?;
    let signals = Signals::new().context("signals cannot be awaited")?;
    let keys = Keys::listen();
    let gauges = start.ops.as_ref().map(Ops::gauges);
    let env = env(&start);
    let theme = if start.mono { Theme::Mono } else { Theme::default() };
    let bell = start.config.bell();
    let (runtime, reports) = Runtime::new(start.ops, start.config);
    let mut inputs = Inputs { signals, keys, reports, gauges };
    let mut console = Console {
        app: App::new(env, theme, Timestamp::now()),
        runtime,
        frames: Frames::new(),
        ended: None,
        bell,
        looks: Vec::new(),
        size: (0, 0),
    };
    let first = console.app.begin(start.open, Timestamp::now());
    let mut done = console.perform(first, &mut guard);
    while done.is_ok() && console.ended.is_none() {
        done = console.turn(&mut inputs, &mut guard).await;
    }
    match done {
        Err(error) if !terminal::is_gone() => return Err(error),
        // As if it had hung up.
        Err(_) => console.ended = Some(Ended::Signal(1)),
        Ok(()) => {}
    }
    let Console { runtime, ended, .. } = console;
    if matches!(ended, Some(Ended::Signal(_))) {
        // Whoever sent it may not wait: the terminal first, then what is in flight.
        drop(guard);
    }
    inputs.keys.stop().await;
    runtime.shut_down(inputs.reports).await;
    Ok(ended.unwrap_or(Ended::Quit))
}

/// What the loop waits for.
struct Inputs {
    signals: Signals,
    keys: Keys,
    reports: Reports,
    gauges: Option<watch::Receiver<Gauges>>,
}

struct Console {
    app: App,
    runtime: Runtime,
    frames: Frames,
    ended: Option<Ended>,
    /// Whether the end of a long run rings.
    bell: bool,
    /// When to look at the size of the window, the next one last.
    looks: Vec<Instant>,
    /// The size of the window by the last word of it.
    size: (u16, u16),
}

/// The window may have another size: the frame is drawn for the one that it has.
fn resized() -> Event {
    let (columns, rows) = crossterm::terminal::size().unwrap_or_default();
    Event::Input(crossterm::event::Event::Resize(columns, rows))
}

/// What an event owes a person.
fn owed(event: &Event) -> Owed {
    match event {
        Event::Input(_) => Owed::Answer,
        Event::Report(report) if report.fact.is_awaited() => Owed::Answer,
        _ => Owed::News,
    }
}

impl Console {
    /// Draws what is owed, waits for something, and handles all that is there.
    async fn turn(&mut self, inputs: &mut Inputs, guard: &mut Guard) -> anyhow::Result<()> {
        self.draw_if_due(guard)?;
        let wake = self.wake();
        let Inputs { signals, keys, reports, gauges } = inputs;
        let event = tokio::select! {
            biased;
            signal = signals.next() => match signal {
                Said::End(number) => {
                    self.ended = Some(Ended::Signal(number));
                    return Ok(());
                }
                Said::Resized => {
                    let now = Instant::now();
                    self.looks = LOOKS.iter().rev().map(|pause| now + *pause).collect();
                    resized()
                }
            },
            input = keys.next() => match input {
                Some(Ok(input)) => Event::Input(input),
                // The terminal is gone: as if it had hung up.
                Some(Err(_)) | None => {
                    self.ended = Some(Ended::Signal(1));
                    return Ok(());
                }
            },
            Some(report) = reports.facts.recv() => Event::Report(report),
            Ok(()) = reports.progress.changed() => Event::Progress(reports.progress.borrow_and_update().clone()),
            Some(now) = changed(gauges) => Event::Gauges(now),
            () = sleep_until(wake) => {
                // Either a frame is due, which the next round draws, or time itself is what changed.
                match self.looks.pop_if(|look| *look <= Instant::now()) {
                    Some(_) if crossterm::terminal::size().is_ok_and(|size| size == self.size) => return Ok(()),
                    Some(_) => resized(),
                    None if self.frames.due(Instant::now()).is_some() => return Ok(()),
                    None => Event::Tick,
                }
            }
        };
        self.handle(event, guard)?;
        self.drain(reports, guard)?;
        if !terminal::is_taken() {
            anyhow::bail!("a task panicked; the terminal was restored");
        }
        Ok(())
    }

    fn handle(&mut self, event: Event, guard: &mut Guard) -> anyhow::Result<()> {
        self.frames.owe(owed(&event));
        if let Event::Input(crossterm::event::Event::Resize(columns, rows)) = &event {
            self.size = (*columns, *rows);
            guard.draw_whole();
        }
        let effects = self.app.update(event, Timestamp::now());
        self.perform(effects, guard)
    }

    /// Handles facts that wait already, so that many of them cost one frame.
    fn drain(&mut self, reports: &mut Reports, guard: &mut Guard) -> anyhow::Result<()> {
        for _ in 0..BATCH {
            let Ok(report) = reports.facts.try_recv() else { break };
            self.handle(Event::Report(report), guard)?;
        }
        Ok(())
    }

    fn draw_if_due(&mut self, guard: &mut Guard) -> anyhow::Result<()> {
        let now = Instant::now();
        if self.frames.due(now).is_some_and(|due| due <= now) {
            guard.draw(&mut self.app).context("the screen cannot be drawn")?;
            self.frames.drawn(Instant::now());
        }
        Ok(())
    }

    /// Until when to sleep: the next frame if one is owed, else the next change that time alone brings.
    fn wake(&self) -> Instant {
        let idle = Duration::from_secs(3_600);
        let now = Instant::now();
        let by_itself = || now + self.app.wake_in(Timestamp::now()).unwrap_or(idle);
        let wake = self.frames.due(now).unwrap_or_else(by_itself);
        self.looks.last().map_or(wake, |look| wake.min(*look))
    }

    fn perform(&mut self, effects: Vec<Effect>, guard: &mut Guard) -> anyhow::Result<()> {
        for effect in effects {
            match effect {
                Effect::Start(id, op) => self.runtime.start(id, op),
                Effect::Stop(id) => self.runtime.stop(id),
                Effect::Copy(text) => guard.copy(&text)?,
                Effect::Title(title) => guard.title(&title)?,
                Effect::Ring(why) if self.bell => guard.ring(&why)?,
                Effect::Ring(_) => {}
                Effect::Mouse(on) => guard.mouse(on)?,
                Effect::Suspend => guard.suspend()?,
                Effect::End(ended) => self.ended = Some(ended),
            }
        }
        Ok(())
    }
}

fn env(start: &Start) -> Env {
    Env {
        tenant: start.ops.as_ref().map(|ops| Tenant::from(ops.profile())),
        user: crate::ops::os_user(),
        read_only: start.read_only,
        embedded: start.embedded,
        folder: start.folder.clone(),
        exports: std::env::current_dir().unwrap_or_else(|_| start.folder.clone()),
        zone: TimeZone::system(),
    }
}

/// The gauges once they changed; never, where there is no tenant.
async fn changed(gauges: &mut Option<watch::Receiver<Gauges>>) -> Option<Gauges> {
    let Some(receiver) = gauges else { return std::future::pending().await };
    match receiver.changed().await {
        Ok(()) => Some(receiver.borrow_and_update().clone()),
        Err(_) => std::future::pending().await,
    }
}

/// What a signal said.
enum Said {
    /// The console ends, by this signal.
    End(i32),
    /// The window has another size. Heard beside the input's own event: when windows change quickly that one can miss
    /// the last change, and a frame of the wrong size would stay on the screen.
    Resized,
}

/// Signals that the console listens to.
#[cfg(unix)]
struct Signals {
    end: [(tokio::signal::unix::Signal, i32); 3],
    window: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind as Kind, signal};
        let one = |kind: Kind| signal(kind).map(|signal| (signal, kind.as_raw_value()));
        Ok(Self {
            end: [one(Kind::terminate())?, one(Kind::hangup())?, one(Kind::interrupt())?],
            window: signal(Kind::window_change())?,
        })
    }

    async fn next(&mut self) -> Said {
        let [term, hup, int] = &mut self.end;
        tokio::select! {
            Some(()) = term.0.recv() => Said::End(term.1),
            Some(()) = hup.0.recv() => Said::End(hup.1),
            Some(()) = int.0.recv() => Said::End(int.1),
            Some(()) = self.window.recv() => Said::Resized,
            else => std::future::pending().await,
        }
    }
}

/// Signals that the console listens to.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Said {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Said::End(2),
            Err(_) => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::{Fact, Report, TaskId};
    use super::*;

    #[test]
    fn what_a_person_did_or_asked_for_is_owed_at_once() {
        let report = |fact| Event::Report(Report { task: TaskId(1), fact });
        assert_eq!(owed(&resized()), Owed::Answer);
        assert_eq!(owed(&report(Fact::Answers(Vec::new()))), Owed::Answer);
        assert_eq!(owed(&report(Fact::Note("done".into()))), Owed::News);
        assert_eq!(owed(&Event::Tick), Owed::News);
    }
}
