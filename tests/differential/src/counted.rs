//! Measures one piece of work: CPU time of this thread, instructions (by callgrind, from outside) and allocations.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

/// A named piece of work.
pub struct Work<'a> {
    name: String,
    run: Box<dyn FnMut(Shown) -> Option<String> + 'a>,
}

impl<'a> Work<'a> {
    /// `shown` says what it comes to: engines that do the same work say the same.
    pub fn new<R: 'a>(
        name: impl Into<String>,
        mut work: impl FnMut() -> R + 'a,
        shown: fn(&R) -> String,
    ) -> Self {
        let run = move |wanted: Shown| {
            let result = black_box(work());
            (wanted == Shown::Yes).then(|| shown(&result))
        };
        Self {
            name: name.into(),
            run: Box::new(run),
        }
    }
}

/// Whether a result is to be shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Yes,
    No,
}

/// Runs what the arguments say: `list`, `count NAME` (for callgrind) or `time`.
pub fn main(works: &mut [Work<'_>]) {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("count") => {
            let name = arguments.next().expect("a name");
            let work = works
                .iter_mut()
                .find(|work| work.name == name)
                .expect("a name of the list");
            // What is made once is made at the first use.
            (work.run)(Shown::No);
            counted(work, COUNTED);
        }
        Some("time") => time(works),
        _ => works.iter().for_each(|work| println!("{}", work.name)),
    }
}

/// How often `count` runs its work: divide what callgrind collects by it.
pub const COUNTED: u32 = 100;

/// The span that callgrind collects.
#[inline(never)]
fn counted(work: &mut Work<'_>, times: u32) {
    for _ in 0..times {
        (work.run)(Shown::No);
    }
}

/// Best and median of nine batches each, in nanoseconds, the works one after the other in each round.
fn time(works: &mut [Work<'_>]) {
    let sizes: Vec<u32> = works.iter_mut().map(size).collect();
    let mut spent: Vec<Vec<f64>> = vec![Vec::new(); works.len()];
    for _ in 0..9 {
        for ((work, size), spent) in works.iter_mut().zip(&sizes).zip(&mut spent) {
            let before = cpu();
            counted(work, *size);
            spent.push((cpu() - before) as f64 / f64::from(*size));
        }
    }
    for (work, mut spent) in works.iter_mut().zip(spent) {
        spent.sort_by(f64::total_cmp);
        let before = ALLOCATIONS.get();
        (work.run)(Shown::No);
        let allocations = ALLOCATIONS.get() - before;
        let shown = (work.run)(Shown::Yes).unwrap_or_default();
        println!(
            "{}|{:.1}|{:.1}|{allocations}|{shown}",
            work.name, spent[0], spent[4]
        );
    }
}

/// So many take some 20 ms.
fn size(work: &mut Work<'_>) -> u32 {
    let mut size = 1;
    loop {
        let before = cpu();
        counted(work, size);
        let spent = (cpu() - before).max(1);
        if spent > 5_000_000 {
            return u32::try_from(u64::from(size) * 20_000_000 / spent)
                .unwrap_or(u32::MAX)
                .max(1);
        }
        size *= 4;
    }
}

/// CPU time of this thread, in nanoseconds.
fn cpu() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000_000
        + u64::try_from(time.tv_nsec).unwrap_or(0)
}

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// The system's allocator, which counts.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: all is handed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        unsafe { System.realloc(pointer, layout, size) }
    }
}
