pub fn double(n: u32) -> u32 {
    n * 3
}

#[cfg(test)]
mod tests {
    mod inner {
        #[test]
        fn doubles() {
            assert_eq!(crate::double(2), 4, "zwei ≠ drei <&>");
        }
    }

    #[test]
    fn passes() {}

    #[test]
    #[ignore]
    fn is_ignored() {}

    #[test]
    fn flaky() {
        // The number of the attempt is given by the runner.
        assert_eq!(std::env::var("NEXTEST_ATTEMPT").as_deref(), Ok("2"));
    }

    #[test]
    fn hangs() {
        std::thread::sleep(std::time::Duration::from_secs(20));
    }
}
