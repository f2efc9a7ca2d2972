use super::{MissingProgram, Programs};
use std::path::{Path, PathBuf};

#[tokio::test]
async fn missing_programs_are_named() {
    let outside = std::env::temp_dir();
    let found = Programs::find(Path::new("node"), &[outside]).await;
    assert_eq!(found.unwrap_err(), MissingProgram::Folder);
    let deep = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
    let found = Programs::find(Path::new("/no/such/node"), std::slice::from_ref(&deep)).await;
    assert!(matches!(found.unwrap_err(), MissingProgram::Node(_)));
    let found = Programs::find(Path::new("false"), &[deep]).await;
    assert!(matches!(found.unwrap_err(), MissingProgram::Node(_)));
}
