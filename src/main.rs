//! The program `countersign`.

fn main() -> std::process::ExitCode {
    countersign::cli::main()
}
