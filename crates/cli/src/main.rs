//! The binary; everything is in the library.

/// Also for librdkafka and RocksDB: a message taken or sent is some allocations in each of them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    wattledger_cli::main()
}
