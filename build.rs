//! Generates the tables of the web page's files and routes, which `src/http/page/files.rs` includes.
//!
//! `npm run build` in `web/` writes `files.txt` and `routes.txt` to `web/dist`. A route names the files that it needs
//! in both languages, in Hebrew and in English, and the API requests that it makes. If these files are missing, the
//! tables are empty, so that a build does not require Node.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

#[expect(clippy::disallowed_methods, reason = "cargo passes the folders of a build in the environment")]
fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let dist = root.join("web/dist");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    // Git keeps a file in this folder, so that it always exists. If it were missing, cargo would run this script for
    // each build.
    println!("cargo::rerun-if-changed=web/dist");
    println!("cargo::rerun-if-changed=build.rs");
    let listed = fs::read_to_string(dist.join("files.txt")).unwrap_or_default();
    let mut table = String::new();
    let mut files = 0;
    let not_built = root.join("src/http/page/not_built.html");
    let mut index = (not_built.display().to_string(), "not-built".to_owned());
    // The compiler reads copies, so that a concurrent build of the page cannot delete a file that it needs.
    let copy = |name: String| -> io::Result<String> {
        let to = out.join(name.replace('/', "-"));
        fs::copy(dist.join(&name), &to)
            .map_err(|error| io::Error::other(format!("web/dist/{name}: {error}; build the page again")))?;
        Ok(to.display().to_string())
    };
    for line in listed.lines() {
        let mut fields = line.split('\t');
        let (Some(path), Some(mime), Some(hash)) = (fields.next(), fields.next(), fields.next()) else {
            return Err(io::Error::other(format!("web/dist/files.txt: not three fields: {line}")));
        };
        if path == "index.html" {
            index = (copy(path.to_owned())?, hash.to_owned());
            continue;
        }
        let (brotli, gzip) = (copy(format!("{path}.br"))?, copy(format!("{path}.gz"))?);
        let _ = writeln!(
            table,
            "    File::new({path:?}, {mime:?}, {hash:?}, include_bytes!({brotli:?}), include_bytes!({gzip:?})),",
        );
        files += 1;
    }
    let mut table = format!("pub(super) static FILES: [File; {files}] = [\n{table}");
    table.push_str("];\n\npub(super) static ROUTES: &[Route] = &[\n");
    for line in fs::read_to_string(dist.join("routes.txt")).unwrap_or_default().lines() {
        let fields: Vec<Vec<&str>> = line.split('\t').map(|field| field.split_whitespace().collect()).collect();
        let [path, files, hebrew, english, later, data] = &fields[..] else {
            return Err(io::Error::other(format!("web/dist/routes.txt: not six fields: {line}")));
        };
        let path = path.concat();
        let _ = writeln!(
            table,
            "    Route {{ path: {path:?}, files: &{files:?}, hebrew: &{hebrew:?}, english: &{english:?}, later: &{later:?}, \
             data: &{data:?} }},"
        );
    }
    let (file, version) = index;
    let _ = write!(
        table,
        "];\n\npub(super) static INDEX: &str = include_str!({file:?});\n\npub(super) static VERSION: &str = {version:?};\n"
    );
    write_if_changed(&out.join("page_files.rs"), &table)
}

/// An unchanged modification time prevents a rebuild of the crate.
fn write_if_changed(path: &Path, content: &str) -> io::Result<()> {
    if fs::read_to_string(path).is_ok_and(|known| known == content) {
        return Ok(());
    }
    fs::write(path, content)
}
