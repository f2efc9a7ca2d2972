//! The folder of keys and certificates. Only its owner can access it, and a file in it is never incomplete.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The folder `tls/` in the data folder.
#[derive(Clone, Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// Creates nothing: the first write of a file creates the folder.
    pub(super) fn of(data_folder: &Path) -> Self {
        Self(data_folder.join("tls"))
    }

    /// `None` if the file does not exist.
    pub(super) fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.0.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Atomic, even if the power fails meanwhile.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.create()?;
        let (path, fresh) = (self.0.join(name), self.0.join(format!("{name}.new")));
        let outcome = (|| {
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
            // A file that was left by an interrupted write may have another mode.
            file.set_permissions(fs::Permissions::from_mode(0o600))?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&fresh, &path)?;
            File::open(&self.0)?.sync_all()
        })();
        if outcome.is_err() {
            let _ = fs::remove_file(&fresh);
        }
        outcome
    }

    /// A missing file is no error.
    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.0.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn create(&self) -> io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.0)?;
        fs::set_permissions(&self.0, fs::Permissions::from_mode(0o700))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_for_their_owner_alone() {
        let data = tempfile::tempdir().unwrap();
        let folder = Folder::of(data.path());
        assert_eq!(folder.read("a").unwrap(), None);
        for content in [&b"one"[..], b"two"] {
            folder.write("a", content).unwrap();
            assert_eq!(folder.read("a").unwrap().as_deref(), Some(content));
        }
        let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(data.path().join("tls")), mode(data.path().join("tls/a"))), (0o700, 0o600));
        assert_eq!(fs::read_dir(data.path().join("tls")).unwrap().count(), 1);
        folder.remove("a").unwrap();
        folder.remove("a").unwrap();
    }
}
