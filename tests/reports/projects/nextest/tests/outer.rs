#[test]
fn aborts() {
    eprintln!("\u{1b}[31mgoing down\u{1b}[0m");
    std::process::abort();
}

#[test]
fn returns_an_error() -> Result<(), String> {
    Err("no \u{0} luck".into())
}
