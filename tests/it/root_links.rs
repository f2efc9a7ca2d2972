//! Commands that root runs in folders where another user can write do not follow links of that user.

use super::support::skipped;
use super::support::store::integrity;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// The service's user ID.
const SERVICE: u32 = 65_534;

/// A data folder that belongs to another user and contains a database, and a folder that only root can enter.
struct Installation {
    folder: TempDir,
}

impl Installation {
    /// Creates the installation. Prints a line and returns `None` if the tests do not run as root.
    fn new() -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            skipped("only root can give files to another user");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let here = Self { folder };
        // The folder of the built program may be accessible to root only.
        fs::copy(env!("CARGO_BIN_EXE_agentlocator"), here.path("agentlocator")).unwrap();
        for name in ["data", "data/snapshots"] {
            fs::create_dir(here.path(name)).unwrap();
            chown(here.path(name), Some(SERVICE), Some(SERVICE)).unwrap();
        }
        fs::create_dir(here.path("secret")).unwrap();
        fs::set_permissions(here.path("secret"), Permissions::from_mode(0o700)).unwrap();
        let output = here.command(&["migrate"]).uid(SERVICE).gid(SERVICE).output().unwrap();
        assert!(output.status.success(), "{}", printed(&output));
        Some(here)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.path("agentlocator"));
        command.args(arguments).env_clear().env("DATABASE_URL", self.path("data/agentlocator.db")).current_dir("/");
        command
    }

    fn as_root(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Creates a valid database that only root can read.
    fn secret_database(&self) -> PathBuf {
        let secret = self.path("secret/root.db");
        let output = self.as_root(&["backup", secret.to_str().unwrap()]);
        assert!(output.status.success(), "{}", printed(&output));
        secret
    }

    /// Creates a link that belongs to the service's user.
    fn lay_link(&self, target: &Path, name: &str) -> String {
        let link = self.path(name);
        symlink(target, &link).unwrap();
        std::os::unix::fs::lchown(&link, Some(SERVICE), Some(SERVICE)).unwrap();
        link.to_str().unwrap().to_owned()
    }

    fn restore(&self, from: &str) -> Output {
        self.as_root(&["restore", "--yes", "--no-service", from])
    }

    fn assert_restore_is_refused(&self, from: &str) {
        let output = self.restore(from);
        assert_eq!(output.status.code(), Some(1), "{from}: {}", printed(&output));
        let text = printed(&output);
        assert!(!text.contains("Verified") && text.contains("cannot open"), "{from}: {text}");
        assert!(!self.path("data/.agentlocator.restore").exists(), "{from}: a copy is in the folder");
    }
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn restore_follows_no_link_of_the_data_folder() {
    let Some(here) = Installation::new() else { return };
    let secret = here.secret_database();
    let name = "nightly-2026-01-01T00-00-00Z.db";
    let link = here.lay_link(&secret, &format!("data/snapshots/{name}"));
    here.assert_restore_is_refused(name);
    here.assert_restore_is_refused(&link);
    // A link in place of a folder is not followed either, in whatever form the path is given.
    let folder = here.lay_link(&here.path("secret"), "data/folder");
    here.assert_restore_is_refused(&format!("{folder}/root.db"));
    here.assert_restore_is_refused(&format!("{}/../data/folder/root.db", here.path("data").display()));
}

/// If root runs a command such as `user list`, the program executes the command again as the owner of the data. Here
/// this owner cannot read the settings file, and `sudo` would not help.
#[test]
fn root_is_not_advised_to_use_sudo() {
    let Some(here) = Installation::new() else { return };
    let config = here.path("secret/config.toml");
    fs::write(&config, "").unwrap();
    let arguments = ["--config", config.to_str().unwrap(), "user", "list"];
    let of_root = printed(&here.as_root(&arguments));
    assert!(of_root.contains("Permission denied") && !of_root.contains("sudo"), "{of_root}");
    let of_user = printed(&here.command(&arguments).uid(SERVICE).gid(SERVICE).output().unwrap());
    assert!(of_user.contains("Permission denied") && of_user.contains("put sudo before"), "{of_user}");
}

#[test]
fn restore_takes_no_hard_link_to_a_file_of_root() {
    let Some(here) = Installation::new() else { return };
    let hard = here.path("data/snapshots/hard.db");
    fs::hard_link(here.secret_database(), &hard).unwrap();
    here.assert_restore_is_refused("hard.db");
    here.assert_restore_is_refused(hard.to_str().unwrap());
}

#[test]
fn restore_takes_what_the_service_or_root_has_left_there() {
    let Some(here) = Installation::new() else { return };
    let copy = here.path("data/snapshots/copy.db");
    fs::copy(here.secret_database(), &copy).unwrap();
    for owner in [0, SERVICE] {
        chown(&copy, Some(owner), Some(owner)).unwrap();
        let output = here.restore("copy.db");
        assert!(output.status.success(), "user {owner}: {}", printed(&output));
    }
    // If root created a link to the folder, the same rules apply to a path through this link.
    symlink(here.path("data/snapshots"), here.path("shortcut")).unwrap();
    let output = here.restore(here.path("shortcut/copy.db").to_str().unwrap());
    assert!(output.status.success(), "{}", printed(&output));
    here.lay_link(&here.secret_database(), "data/snapshots/link.db");
    here.assert_restore_is_refused(here.path("shortcut/link.db").to_str().unwrap());
}

#[test]
fn restore_follows_a_link_of_root_but_none_of_another_user() {
    let Some(here) = Installation::new() else { return };
    let link = here.lay_link(&here.secret_database(), "data/snapshots/latest.db");
    // A link that root created, which points to the link of the service's user.
    symlink(link, here.path("latest.db")).unwrap();
    here.assert_restore_is_refused(here.path("latest.db").to_str().unwrap());
    let shared = shared_folder(&here);
    here.lay_link(&here.path("secret/root.db"), "shared/copy.db");
    here.assert_restore_is_refused(shared.join("copy.db").to_str().unwrap());
    symlink(here.path("secret/root.db"), here.path("own.db")).unwrap();
    let output = here.restore(here.path("own.db").to_str().unwrap());
    assert!(output.status.success(), "{}", printed(&output));
}

/// Creates a folder that every user can write to, such as `/tmp`.
fn shared_folder(here: &Installation) -> PathBuf {
    let shared = here.path("shared");
    fs::create_dir(&shared).unwrap();
    fs::set_permissions(&shared, Permissions::from_mode(0o1777)).unwrap();
    shared
}

#[test]
fn a_backup_replaces_nothing_that_another_users_link_leads_to() {
    let Some(here) = Installation::new() else { return };
    shared_folder(&here);
    let [victim, other] = ["secret/victim", "secret/other"].map(|name| here.path(name));
    for file in [&victim, &other] {
        fs::write(file, "of root").unwrap();
    }
    let to_file = here.lay_link(&victim, "shared/c.db");
    here.lay_link(&here.path("secret"), "shared/folder");
    let through_folder = here.path("shared/folder/victim").to_str().unwrap().to_owned();
    // Other users can guess the name of the unfinished file.
    here.lay_link(&victim, "shared/d.db.part");
    let to_part = here.path("shared/d.db").to_str().unwrap().to_owned();
    fs::hard_link(&other, here.path("shared/e.db.part")).unwrap();
    let to_hard = here.path("shared/e.db").to_str().unwrap().to_owned();
    for target in [to_file, through_folder, to_part, to_hard] {
        let output = here.as_root(&["backup", &target]);
        assert_eq!(output.status.code(), Some(1), "{target}: {}", printed(&output));
        for file in [&victim, &other] {
            assert_eq!(fs::read_to_string(file).unwrap(), "of root", "{target}");
        }
    }
    let output = here.as_root(&["backup", here.path("shared/c.db").to_str().unwrap()]);
    assert!(printed(&output).contains("is a link of another user (65534)"), "{}", printed(&output));
}

#[test]
fn a_backup_is_not_written_into_another_users_file() {
    let Some(here) = Installation::new() else { return };
    let shared = shared_folder(&here);
    let part = shared.join("c.db.part");
    fs::write(&part, "").unwrap();
    fs::set_permissions(&part, Permissions::from_mode(0o666)).unwrap();
    chown(&part, Some(SERVICE), None).unwrap();
    let target = shared.join("c.db");
    let output = here.as_root(&["backup", target.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "{}", printed(&output));
    assert_eq!(fs::metadata(&part).unwrap().len(), 0);

    // A file that replaces another user's file does not take over its mode.
    fs::remove_file(&part).unwrap();
    fs::write(&target, "").unwrap();
    fs::set_permissions(&target, Permissions::from_mode(0o666)).unwrap();
    chown(&target, Some(SERVICE), None).unwrap();
    let output = here.as_root(&["backup", target.to_str().unwrap()]);
    assert!(output.status.success(), "{}", printed(&output));
    assert_eq!(integrity(&target), None);
    let found = fs::metadata(&target).unwrap();
    assert_eq!((found.uid(), found.mode() & 0o777), (0, 0o600));
}

#[test]
fn doctor_gives_no_file_away_that_has_a_second_name() {
    let Some(here) = Installation::new() else { return };
    let secret = here.path("secret/key");
    fs::write(&secret, "").unwrap();
    fs::hard_link(&secret, here.path("data/key")).unwrap();
    fs::write(here.path("data/left-behind"), "").unwrap();
    let other = here.path("secret/other");
    fs::write(&other, "").unwrap();
    symlink(&other, here.path("data/link")).unwrap();
    here.as_root(&["doctor", "--fix", "--yes"]);
    assert_eq!(fs::metadata(here.path("data/left-behind")).unwrap().uid(), SERVICE, "no owner was changed");
    for file in [secret, other] {
        assert_eq!(fs::metadata(&file).unwrap().uid(), 0, "{} changed its owner", file.display());
    }
}

#[test]
fn the_support_bundle_reads_no_database_that_a_link_leads_to() {
    let Some(here) = Installation::new() else { return };
    let secret = here.secret_database();
    rusqlite::Connection::open(&secret).unwrap().execute("CREATE TABLE only_root(x)", []).unwrap();
    fs::remove_file(here.path("data/agentlocator.db")).unwrap();
    here.lay_link(&secret, "data/agentlocator.db");
    fs::write(here.path("secret/only-root-knows-this-name"), "").unwrap();
    here.lay_link(&here.path("secret"), "data/folder");
    let bundle = here.path("bundle.tar.gz");
    let output = here.as_root(&["support-bundle", bundle.to_str().unwrap(), "--log-lines", "1"]);
    assert!(output.status.success(), "{}", printed(&output));
    let text = Command::new("tar").args(["-xzOf", bundle.to_str().unwrap()]).output().unwrap();
    let text = String::from_utf8_lossy(&text.stdout);
    assert!(text.contains(" snapshots\n") && text.contains(" folder\n"), "the data folder is listed: {text}");
    assert!(!text.contains("only_root") && !text.contains("only-root-knows-this-name"));
}

/// Lists the changes 1 to 5, of which 1 is the newest complete copy, and cannot restore.
const LITESTREAM: &str = r#"#!/bin/sh
case "$*" in
*"-level all"*) echo '[{"max_txid":"0000000000000005","timestamp":"2026-01-01T00:00:00Z"}]' ;;
*"-level 9"*) echo '[{"max_txid":"0000000000000001","timestamp":"2026-01-01T00:00:00Z"}]' ;;
*) echo 'Error: no route' >&2 && exit 1 ;;
esac
"#;

#[test]
fn promote_writes_through_no_link_of_the_standbys_folder() {
    let Some(here) = Installation::new() else { return };
    let program = here.path("litestream");
    fs::write(&program, LITESTREAM).unwrap();
    fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    fs::create_dir(here.path("data/standby")).unwrap();
    let position = "0000000000000003\n";
    for (name, content) in [("db.sqlite-txid", position), ("db.sqlite", ""), ("lock", "")] {
        fs::write(here.path("data/standby").join(name), content).unwrap();
    }
    for name in ["", "db.sqlite-txid", "db.sqlite", "lock"] {
        chown(here.path("data/standby").join(name), Some(SERVICE), Some(SERVICE)).unwrap();
    }
    let program = program.to_str().unwrap();
    let promote = || here.as_root(&["promote", "--yes", "--no-service", "--litestream", program]);

    // The names of the files that are renamed to the position and to the position before a rewind.
    for name in ["rewound-from.unfinished", "db.unfinished"] {
        let victim = here.path(&format!("secret/{name}"));
        fs::write(&victim, "of root").unwrap();
        let link = here.lay_link(&victim, &format!("data/standby/{name}"));
        let output = promote();
        assert_eq!(output.status.code(), Some(1), "{}", printed(&output));
        assert!(printed(&output).contains("nothing was changed"), "{}", printed(&output));
        assert_eq!(fs::read_to_string(&victim).unwrap(), "of root", "{name}");
        fs::remove_file(link).unwrap();
    }

    // Without links the position is rewound, and the files still belong to the service.
    let output = promote();
    assert!(printed(&output).contains("no route"), "{}", printed(&output));
    for (name, content) in [("rewound-from", position), ("db.sqlite-txid", "0000000000000001\n")] {
        let file = here.path("data/standby").join(name);
        assert_eq!(fs::read_to_string(&file).unwrap(), content, "{name}");
        assert_eq!(fs::metadata(&file).unwrap().uid(), SERVICE, "{name}");
    }
}
