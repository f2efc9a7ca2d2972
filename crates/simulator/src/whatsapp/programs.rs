//! Finds the programs of the bridge and of its WhatsApp test server.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

/// The programs of the bridge and of its WhatsApp server, and Node.js, which runs them.
#[derive(Clone, Debug)]
pub struct Programs {
    pub(super) node: PathBuf,
    /// The `PATH` of the child processes.
    pub(super) path: String,
    pub(super) bridge: PathBuf,
    pub(super) server: PathBuf,
    pub(super) trust: PathBuf,
    pub(super) lifeline: PathBuf,
}

/// A program is missing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MissingProgram {
    /// Node.js is missing.
    #[error(
        "Node.js is missing ({0}); `make demo` in the project's folder installs it, or install version 18.20 or newer"
    )]
    Node(String),
    /// Node.js is too old.
    #[error("Node.js {0} is too old; install version 18.20 or newer, or run `make demo` in the project's folder")]
    OldNode(String),
    /// The project's folder was not found.
    #[error(
        "the WhatsApp bridge's folder is neither above the current folder nor above this program; run this in the project's folder"
    )]
    Folder,
    /// A file of the bridge or of its test server is missing, usually because they have not been built.
    #[error("{} is missing; `make demo` in the project's folder builds it", .0.display())]
    File(PathBuf),
}

impl Programs {
    /// Finds the programs of the project. The project's folder must be one of `search_dirs` or a parent of one of them.
    /// `node` is the path or the name of Node.js.
    ///
    /// # Errors
    /// If a program is missing; the text says how to install it.
    pub async fn find(node: &Path, search_dirs: &[PathBuf]) -> Result<Self, MissingProgram> {
        let folders = search_dirs.iter().flat_map(|place| place.ancestors()).map(|folder| folder.join("bridge"));
        let folder = folders.into_iter().find(|folder| folder.join(TRUST).is_file()).ok_or(MissingProgram::Folder)?;
        let file = |path: &str| {
            let path = folder.join(path);
            if path.is_file() { Ok(path) } else { Err(MissingProgram::File(path)) }
        };
        let (node, path) = resolve_node(node).await?;
        Ok(Self {
            node,
            path,
            bridge: file("dist/bridge.mjs")?,
            server: file("dist/test/wa-server/main.mjs")?,
            trust: file(TRUST)?,
            lifeline: file("test/wa-server/lifeline.cjs")?,
        })
    }
}

/// Returns the real path of Node.js, and the `PATH` that Node.js receives.
async fn resolve_node(node: &Path) -> Result<(PathBuf, String), MissingProgram> {
    let question = "JSON.stringify([process.execPath, process.env.PATH ?? '', process.versions.node])";
    let asked = Command::new(node).args(["-p", question]).stdin(Stdio::null()).output().await;
    let answer = asked.map_err(|error| MissingProgram::Node(error.to_string()))?;
    let (node, path, version) = serde_json::from_slice::<(PathBuf, String, String)>(&answer.stdout)
        .map_err(|_| MissingProgram::Node(String::from_utf8_lossy(&answer.stderr).trim().to_owned()))?;
    let mut numbers = version.split('.').map_while(|number| number.parse::<u32>().ok());
    let is_new = (numbers.next(), numbers.next()) >= OLDEST_NODE;
    if is_new { Ok((node, path)) } else { Err(MissingProgram::OldNode(version)) }
}

const TRUST: &str = "test/wa-server/trust-preload.cjs";
const OLDEST_NODE: (Option<u32>, Option<u32>) = (Some(18), Some(20));

#[cfg(test)]
mod tests {
    use super::*;

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
}
