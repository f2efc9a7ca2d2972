//! Opens files in folders that another user can write to, without following that user's symbolic links.
//!
//! The service's user owns the data folder, so a link there could direct root to another file.

use rustix::fs::{
    AtFlags, Dir, FileType, Mode, OFlags, Stat, fstat, open, openat, readlinkat, renameat, statat, unlinkat,
};
use rustix::io::Errno;
use rustix::process::geteuid;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};

/// `inside` is relative to `folder`. For root in a folder of another user, no component of `inside` may be a link. The
/// file must then belong to that user, or belong to root and have no second hard link.
pub fn open_inside(folder: &Path, inside: &Path) -> io::Result<File> {
    let Some(owner) = other_owner(folder)? else { return File::open(folder.join(inside)) };
    let (folder, name) = parent_inside(folder, inside)?;
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = openat(&folder, name, flags, Mode::empty()).map_err(explain)?;
    let found = fstat(&file)?;
    if found.st_uid != owner && !(found.st_uid == 0 && has_one_name(&found)) {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!("it belongs to the user {}, and not to the owner of the folder ({owner})", found.st_uid),
        ));
    }
    Ok(File::from(file))
}

/// A file inside one of these folders is opened by [`open_inside`]. Elsewhere, root follows a link only if it belongs
/// to root.
pub fn open_file(path: &Path, folders: &[&Path]) -> io::Result<File> {
    if let Some(file) = open_inside_one(path, folders)? {
        return Ok(file);
    }
    if !geteuid().is_root() {
        return File::open(path);
    }
    let Target { folder, folder_path, name, .. } = find_target(path)?;
    if let Some(file) = open_inside_one(&folder_path.join(&name), folders)? {
        return Ok(file);
    }
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(File::from(openat(&folder, &name, flags, Mode::empty()).map_err(explain)?))
}

fn open_inside_one(path: &Path, folders: &[&Path]) -> io::Result<Option<File>> {
    let mut found = folders.iter().filter_map(|folder| Some((folder, path_inside(folder, path)?)));
    found.next().map(|(folder, inside)| open_inside(folder, &inside)).transpose()
}

/// `inside` is relative to `folder`, and no component of it may be a link. Also returns the file name.
pub fn parent_inside<'p>(folder: &Path, inside: &'p Path) -> io::Result<(OwnedFd, &'p OsStr)> {
    let Some(name) = inside.file_name() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it names no file in the folder"));
    };
    let mut parent = open(folder, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    for part in inside.parent().into_iter().flat_map(Path::components) {
        let Component::Normal(part) = part else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path leaves the folder"));
        };
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        parent = openat(&parent, part, flags, Mode::empty()).map_err(explain)?;
    }
    Ok((parent, name))
}

/// Lists the entries of a folder, or of its subfolder `inside`, sorted by name. Links are followed neither for `inside`
/// nor for the metadata. At most `max` entries are read.
pub fn list(folder: &Path, inside: Option<&OsStr>, max: usize) -> io::Result<Vec<(OsString, Stat)>> {
    let mut opened = open(folder, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    if let Some(inside) = inside {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        opened = openat(&opened, inside, flags, Mode::empty()).map_err(explain)?;
    }
    let names =
        Dir::read_from(&opened)?.flatten().map(|entry| OsString::from_vec(entry.file_name().to_bytes().to_vec()));
    let found = names.filter(|name| name != "." && name != "..").take(max);
    // An entry may have been deleted meanwhile.
    let stated = found.filter_map(|name| Some((statat(&opened, &name, AtFlags::SYMLINK_NOFOLLOW).ok()?, name)));
    let mut entries: Vec<_> = stated.map(|(stat, name)| (name, stat)).collect();
    entries.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(entries)
}

/// A regular file with a second hard link may be another user's file.
pub fn has_one_name(found: &Stat) -> bool {
    FileType::from_raw_mode(found.st_mode) != FileType::RegularFile || found.st_nlink == 1
}

/// `None` unless this process runs as root and the owner is another user.
fn other_owner(folder: &Path) -> io::Result<Option<u32>> {
    let owner = rustix::fs::stat(folder)?.st_uid;
    Ok((geteuid().is_root() && owner != 0).then_some(owner))
}

/// `None` if the file is not inside the folder. The paths are compared literally first, and then after resolving all
/// links except the file itself.
fn path_inside(folder: &Path, path: &Path) -> Option<PathBuf> {
    let folder_path = std::path::absolute(folder).ok()?;
    let path = std::path::absolute(path).ok()?;
    if let Ok(inside) = path.strip_prefix(&folder_path) {
        return Some(inside.to_owned());
    }
    let real = path.parent()?.canonicalize().ok()?.join(path.file_name()?);
    real.strip_prefix(folder.canonicalize().ok()?).map(Path::to_owned).ok()
}

/// A file that is going to be written. Its folder is kept open, so that another process cannot replace the folder.
#[derive(Debug)]
pub struct Target {
    /// Opened with `O_PATH`, for calls such as `openat`.
    pub folder: OwnedFd,
    /// Contains no links.
    pub folder_path: PathBuf,
    /// The last component of the path.
    pub name: OsString,
    /// `None` if no file has that name.
    pub found: Option<Stat>,
}

/// A link in the path, or the file itself if it is a link, is followed only if it belongs to root or to the user of
/// this process.
pub fn find_target(path: &Path) -> io::Result<Target> {
    // Opening a component of a path with `O_PATH` does not trigger an automount, so the automount is triggered here.
    let _ = path.parent().map(|folder| std::fs::metadata(folder.join(".")));
    let mut walk = Walk { folders: vec![open("/", FOLDER, Mode::empty())?], names: Vec::new(), links: 0 };
    let mut rest: Vec<OsString> = parts(&std::path::absolute(path)?);
    let mut is_linked = false;
    while let Some(part) = rest.pop() {
        let is_last = rest.is_empty();
        match walk.step(&part, is_last)? {
            Step::Folder => {}
            Step::Link(target) => {
                is_linked |= is_last;
                if target.is_absolute() {
                    walk.back_to_root();
                }
                rest.extend(parts(&target));
            }
            Step::Last(None) if is_linked => {
                return Err(io::Error::new(io::ErrorKind::NotFound, "the link leads nowhere"));
            }
            Step::Last(found) => return walk.target(part, found),
        }
    }
    Err(io::Error::from(io::ErrorKind::IsADirectory))
}

struct Walk {
    /// The root folder, and each folder below it on the current path.
    folders: Vec<OwnedFd>,
    names: Vec<OsString>,
    links: usize,
}

enum Step {
    Folder,
    Link(PathBuf),
    Last(Option<Stat>),
}

impl Walk {
    fn step(&mut self, part: &OsStr, is_last: bool) -> io::Result<Step> {
        if part == ".." {
            if self.folders.len() > 1 {
                self.folders.pop();
                self.names.pop();
            }
            return Ok(Step::Folder);
        }
        let Some(folder) = self.folders.last() else { return Err(io::ErrorKind::NotFound.into()) };
        // Opened before it is checked, so that the checked file is the one that is used.
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened = match openat(folder, part, flags, Mode::empty()) {
            Err(Errno::NOENT) if is_last => return Ok(Step::Last(None)),
            opened => opened?,
        };
        let found = fstat(&opened)?;
        match FileType::from_raw_mode(found.st_mode) {
            FileType::Symlink => {
                self.links += 1;
                if self.links > MAX_LINKS {
                    return Err(Errno::LOOP.into());
                }
                if found.st_uid != 0 && found.st_uid != geteuid().as_raw() {
                    return Err(self.refused(part, found.st_uid));
                }
                let target = readlinkat(&opened, "", Vec::new())?;
                Ok(Step::Link(OsString::from_vec(target.into_bytes()).into()))
            }
            _ if is_last => Ok(Step::Last(Some(found))),
            FileType::Directory => {
                self.folders.push(opened);
                self.names.push(part.to_owned());
                Ok(Step::Folder)
            }
            _ => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    fn refused(&self, part: &OsStr, owner: u32) -> io::Error {
        let link = self.path().join(part);
        let reason = format!(
            "{} is a link of another user ({owner}), which is not followed; name the place that it leads to",
            link.display()
        );
        io::Error::new(io::ErrorKind::PermissionDenied, reason)
    }

    fn path(&self) -> PathBuf {
        Path::new("/").join(self.names.iter().collect::<PathBuf>())
    }

    fn back_to_root(&mut self) {
        self.folders.truncate(1);
        self.names.clear();
    }

    fn target(mut self, name: OsString, found: Option<Stat>) -> io::Result<Target> {
        let folder_path = self.path();
        let folder = self.folders.pop().ok_or(io::ErrorKind::NotFound)?;
        Ok(Target { folder, folder_path, name, found })
    }
}

impl Target {
    /// Opens the file `name` of the same folder for writing; creates it if it is missing. Rejects a file of another
    /// user, and a file with a second hard link.
    pub fn open(&self, name: &OsStr) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = openat(&self.folder, name, flags, Mode::RUSR | Mode::WUSR).map_err(explain)?;
        let found = fstat(&file)?;
        if found.st_uid != geteuid().as_raw() || !has_one_name(&found) {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                format!("a file with this name belongs to user {} or has another hard link; remove it", found.st_uid),
            ));
        }
        Ok(File::from(file))
    }

    /// After this, a rename in the folder survives a power failure.
    pub fn sync_folder(&self) -> io::Result<()> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        File::from(openat(self.folder.as_fd(), ".", flags, Mode::empty())?).sync_all()
    }

    /// Renames the file `name` of the folder to the target's name.
    pub fn rename(&self, name: &OsStr) -> io::Result<()> {
        Ok(renameat(&self.folder, name, &self.folder, &self.name)?)
    }

    pub fn remove(&self, name: &OsStr) -> io::Result<()> {
        Ok(unlinkat(&self.folder, name, AtFlags::empty())?)
    }
}

/// Returns the components in reverse order, for use as a stack.
fn parts(path: &Path) -> Vec<OsString> {
    let parts = path.components().rev().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    });
    parts.collect()
}

/// Explains the errors with which the kernel rejects a link.
fn explain(error: Errno) -> io::Error {
    match error {
        Errno::LOOP | Errno::NOTDIR => {
            let reason = "a part of its path is a link, or not a folder, and links are not followed here";
            io::Error::new(io::ErrorKind::PermissionDenied, reason)
        }
        error => error.into(),
    }
}

const FOLDER: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
/// The same as the kernel's limit.
const MAX_LINKS: usize = 40;
