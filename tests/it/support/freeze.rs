//! Stops one thread of another process, which simulates a thread that waits for a disk that does not respond.

#![expect(unsafe_code, reason = "there is no other way to stop one thread")]

use std::fs;

/// A stopped thread. Dropping this value resumes it, which must happen in the thread that stopped it.
pub struct Frozen {
    thread: libc::pid_t,
}

impl Frozen {
    /// Stops the process's thread with this name. Returns `None` if this machine does not allow it.
    pub fn thread(process: u32, name: &str) -> Option<Self> {
        let tasks = fs::read_dir(format!("/proc/{process}/task")).unwrap().map(|task| task.unwrap().path());
        let is_it = |task: &std::path::PathBuf| {
            fs::read_to_string(task.join("comm")).is_ok_and(|comm| comm.trim() == &name[..name.len().min(15)])
        };
        let task = tasks.into_iter().find(is_it).unwrap_or_else(|| panic!("there is no thread {name}"));
        let thread: libc::pid_t = task.file_name().unwrap().to_str().unwrap().parse().unwrap();
        let none = std::ptr::null_mut::<libc::c_void>();
        // SAFETY: no memory is passed; the process is a child of this one.
        let seized = unsafe { libc::ptrace(libc::PTRACE_SEIZE, thread, none, none) };
        if seized != 0 {
            super::skipped(&format!("a test may not stop a thread here: {}", std::io::Error::last_os_error()));
            return None;
        }
        // SAFETY: no memory is passed to `ptrace`. `waitpid` receives a null pointer, so it writes no status.
        unsafe {
            assert_eq!(libc::ptrace(libc::PTRACE_INTERRUPT, thread, none, none), 0);
            assert_eq!(libc::waitpid(thread, std::ptr::null_mut(), libc::__WALL), thread);
        }
        Some(Self { thread })
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        let none = std::ptr::null_mut::<libc::c_void>();
        // SAFETY: no memory is passed. The call fails only if the thread has exited.
        unsafe { libc::ptrace(libc::PTRACE_DETACH, self.thread, none, none) };
    }
}
