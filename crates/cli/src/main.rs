//! The binary; everything is in the library.

/// Also for librdkafka and RocksDB: a message taken or sent is some allocations in each of them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    use_small_pages();
    wattledger_cli::main()
}

/// Large pages make an engine no faster that holds many small objects, and a quarter larger. Where the
/// system keeps them, memory is all that is lost.
fn use_small_pages() {
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}
