//! Goals and how far a measurement comes, printed; time is CPU time of the measuring thread.
#![allow(
    clippy::as_conversions,
    clippy::float_arithmetic,
    clippy::print_stdout,
    reason = "ratios shown to a person"
)]

use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// CPU time this thread has used: what others do on the machine hardly shows in it.
#[must_use]
pub fn thread_cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or(0);
    Duration::new(seconds, nanoseconds)
}

/// Runs `work`; the CPU time it took of this thread.
pub fn timed(work: impl FnOnce()) -> Duration {
    let began = thread_cpu_time();
    work();
    thread_cpu_time().saturating_sub(began)
}

/// Events per second of CPU time.
#[must_use]
pub fn rate(events: usize, time: Duration) -> f64 {
    events as f64 / time.as_secs_f64().max(1e-9)
}

/// A figure that should be high: the share of the goal that was reached.
pub fn at_least(name: &str, unit: &str, goal: f64, figure: f64) {
    let reached = figure / goal;
    println!("{name}: {figure:.0} {unit}; goal {goal:.0} {unit}, reached {reached:.2}x");
}

/// A figure that should be low: the share of the goal that is used.
pub fn at_most(name: &str, unit: &str, goal: f64, figure: f64) {
    let used = figure / goal;
    println!("{name}: {figure:.0} {unit}; goal at most {goal:.0} {unit}, used {used:.2}x");
}

/// A figure without a goal.
pub fn figure(name: &str, unit: &str, figure: f64) {
    println!("{name}: {figure:.0} {unit}");
}
