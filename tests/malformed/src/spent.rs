//! What work takes: by the wall, and of this process's threads together.

use rustix::time::{ClockId, clock_gettime};
use std::time::{Duration, Instant};

/// Time that work took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// By the wall: other programs on the machine show in it.
    pub wall: Duration,
    /// On processors, of all threads: others hardly show in it.
    pub cpu: Duration,
}

impl Spent {
    /// Does some work and adds what it took.
    pub fn on(&mut self, work: impl FnOnce()) {
        let (wall, cpu) = (Instant::now(), on_processors());
        work();
        self.wall += wall.elapsed();
        self.cpu += on_processors() - cpu;
    }
}

fn on_processors() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap()
}
