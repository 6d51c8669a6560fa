//! What a process takes: time, CPU, memory, as Linux tells it.

use std::fs;
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// One run of a program.
pub struct Measured {
    pub took: Duration,
    /// Time of the processors, its own and the system's for it, to the hundredth of a second.
    pub cpu: Duration,
    /// Highest resident memory in bytes.
    pub peak: u64,
    pub output: String,
}

/// Runs a program to its end.
pub fn run_watched(command: &mut Command) -> Measured {
    let started = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        let _ = stdout.read_to_string(&mut text);
        let _ = sender.send((text, started.elapsed()));
    });
    let process = format!("/proc/{}", child.id());
    let told = |what: &str| fs::read_to_string(format!("{process}/{what}")).unwrap_or_default();
    let (mut peak, mut cpu) = (0, Duration::ZERO);
    let (output, took) = loop {
        peak = peak.max(kilobytes(&told("status"), "VmHWM:"));
        let ended = receiver.recv_timeout(Duration::from_millis(5));
        // What it took stands there until it is waited for.
        cpu = cpu.max(processors(&told("stat")));
        if let Ok(ended) = ended {
            break ended;
        }
    };
    let _ = child.wait();
    Measured { took, cpu, peak: peak * 1024, output }
}

/// A line of `status` in kB.
pub fn kilobytes(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or(0)
}

/// User and system time, which stand in hundredths of a second behind the name of the program.
fn processors(stat: &str) -> Duration {
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|word| word.parse::<u64>().ok()).unwrap_or(0);
    Duration::from_millis(10 * (ticks(11) + ticks(12)))
}
