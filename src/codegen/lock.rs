//! One run at a time in an output folder.

use std::fs;
use std::io;
use std::path::Path;

/// The folder, for one run at a time. Let go when it is dropped, or when the process ends in any way.
pub(super) struct Lock(
    #[cfg(unix)]
    #[expect(dead_code, reason = "held, never read")]
    fs::File,
);

impl Lock {
    /// Waits for another run to end. A run may end by putting another folder in the place of the one that was waited
    /// for; then that one is waited for.
    #[cfg(unix)]
    pub(super) fn of(root: &Path) -> io::Result<Lock> {
        use std::os::unix::fs::MetadataExt as _;
        loop {
            let folder = fs::File::open(root)?;
            folder.lock()?;
            let (held, now) = (folder.metadata()?, fs::metadata(root)?);
            if (held.dev(), held.ino()) == (now.dev(), now.ino()) {
                return Ok(Lock(folder));
            }
        }
    }

    /// A folder cannot be opened everywhere; there, two runs at once are kept apart by nothing.
    #[cfg(not(unix))]
    pub(super) fn of(_: &Path) -> io::Result<Lock> {
        Ok(Lock())
    }
}
