//! The committed API document works with OpenAPI tools. It follows Spectral's rules, and code compiles with the
//! TypeScript client that is generated from the document.

use std::path::{Path, PathBuf};
use std::process::Command;

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api-client")
}

fn document() -> String {
    project().join("../../docs/openapi.json").to_str().unwrap().to_owned()
}

/// Runs one of the project's Node.js programs, and requires that it succeeds.
fn run(folder: &Path, program: &str, args: &[&str]) {
    let program_file = project().join("node_modules/.bin").join(program);
    assert!(program_file.exists(), "run `scripts/setup.sh test` first: it installs {program}");
    let output = Command::new("node").arg(program_file).args(args).current_dir(folder).output();
    let output = output.expect("node is installed");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{program}: {}{}", text(&output.stdout), text(&output.stderr));
}

#[test]
fn the_generated_client_compiles() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(project().join("node_modules"), folder.path().join("node_modules")).unwrap();
    for file in ["client.ts", "package.json", "tsconfig.json"] {
        std::fs::copy(project().join(file), folder.path().join(file)).unwrap();
    }
    run(folder.path(), "openapi-typescript", &[&document(), "-o", "generated.d.ts"]);
    run(folder.path(), "tsc", &["-p", "."]);
}

#[test]
fn the_document_follows_the_rules_for_openapi() {
    run(&project(), "spectral", &["lint", "--ruleset", ".spectral.yaml", "--fail-severity", "warn", &document()]);
}
