//! What a process took: time, CPU, memory.

use std::fs;
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// What a process took.
pub struct Used {
    pub took: Duration,
    pub cpu: Duration,
    kilobytes: u64,
}

impl Used {
    pub fn megabytes(&self) -> f64 {
        self.kilobytes as f64 / 1024.0
    }
}

/// Runs a command to its end: the JSON that it printed, and what it took (as Linux tells it).
pub fn watched(mut command: impl std::borrow::BorrowMut<Command>) -> (serde_json::Value, Used) {
    let begun = Instant::now();
    let mut child = command.borrow_mut().stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        let _ = stdout.read_to_string(&mut text);
        let _ = sender.send(text);
    });
    let (mut cpu, mut kilobytes) = (Duration::ZERO, 0);
    let text = loop {
        cpu = cpu.max(cpu_of(child.id()));
        kilobytes = kilobytes.max(peak_of(child.id()));
        if let Ok(text) = receiver.recv_timeout(Duration::from_millis(20)) {
            // It has ended or is about to; what it took stands there until it is waited for.
            cpu = cpu.max(cpu_of(child.id()));
            break text;
        }
    };
    child.wait().unwrap();
    let said = serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON but {text:?}"));
    (said, Used { took: begun.elapsed(), cpu, kilobytes })
}

/// User and system time, which stand in hundredths of a second behind the name of the program.
fn cpu_of(process: u32) -> Duration {
    let told = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields: Vec<&str> = told.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|word| word.parse::<u64>().ok()).unwrap_or(0);
    Duration::from_millis(10 * (ticks(11) + ticks(12)))
}

fn peak_of(process: u32) -> u64 {
    let told = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let high =
        told.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
    high.unwrap_or(0)
}
