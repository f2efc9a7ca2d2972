//! Skips tests that need a program or a privilege that this machine lacks.

/// Reports that a test is skipped. If `REQUIRE_ALL` is set, as by `make test-all`, the test fails instead.
pub fn skipped(why: &str) {
    assert!(std::env::var_os("REQUIRE_ALL").is_none(), "not tested: {why}");
    eprintln!("not tested: {why}");
}
