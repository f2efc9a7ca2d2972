//! A TypeScript client is generated from the document, and code that calls it compiles.

use std::path::Path;
use std::process::Command;

#[test]
fn the_generated_client_compiles() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api-client");
    let libraries = project.join("node_modules");
    assert!(libraries.join(".bin/tsc").exists(), "run `scripts/setup.sh test` first: it installs the generator");
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(&libraries, folder.path().join("node_modules")).unwrap();
    for file in ["client.ts", "package.json", "tsconfig.json"] {
        std::fs::copy(project.join(file), folder.path().join(file)).unwrap();
    }
    let run = |program: &str, args: &[&str]| {
        let command =
            Command::new("node").arg(libraries.join(".bin").join(program)).args(args).current_dir(&folder).output();
        let output = command.expect("node is installed");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "{program}: {}{}", text(&output.stdout), text(&output.stderr));
    };
    let document = project.join("../../docs/openapi.json");
    run("openapi-typescript", &[document.to_str().unwrap(), "-o", "generated.d.ts"]);
    run("tsc", &["-p", "."]);
}
