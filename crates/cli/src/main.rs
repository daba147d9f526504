//! The binary; everything is in the library.

fn main() -> std::process::ExitCode {
    wattledger_cli::main()
}
