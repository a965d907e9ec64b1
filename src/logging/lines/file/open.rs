//! Opening log files, with permissions and identity where the system has them.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

/// Creates a file that must not exist, with exactly these permissions.
pub(super) fn create_new(path: &Path, mode: u32) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create_new(true);
    system::set_mode(&mut options, mode);
    let file = options.open(path)?;
    system::set_permissions(&file, mode)?;
    Ok(file)
}

/// Opens a file to append to it; a new one gets these permissions, an old one keeps its own.
pub(super) fn open(path: &Path, mode: u32) -> io::Result<File> {
    match create_new(path, mode) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            // Read as well, to see how the last line ends.
            OpenOptions::new().append(true).read(true).create(true).open(path)
        }
        other => other,
    }
}

/// Whether the path still leads to this file.
pub(super) fn is_same(file: &File, path: &Path) -> io::Result<bool> {
    match fs::metadata(path) {
        Ok(there) => Ok(system::is_same(&file.metadata()?, &there)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
mod system {
    use std::fs::{File, Metadata, OpenOptions, Permissions};
    use std::io;
    use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};

    pub(super) fn set_mode(options: &mut OpenOptions, mode: u32) {
        // Never more than asked for, not even for a moment.
        options.mode(mode);
    }

    pub(super) fn set_permissions(file: &File, mode: u32) -> io::Result<()> {
        // The process's mask has taken bits away.
        file.set_permissions(Permissions::from_mode(mode))
    }

    pub(super) fn is_same(ours: &Metadata, there: &Metadata) -> bool {
        (ours.dev(), ours.ino()) == (there.dev(), there.ino())
    }
}

#[cfg(not(unix))]
mod system {
    use std::fs::{File, Metadata, OpenOptions};
    use std::io;

    pub(super) fn set_mode(_: &mut OpenOptions, _: u32) {}

    pub(super) fn set_permissions(_: &File, _: u32) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn is_same(_: &Metadata, _: &Metadata) -> bool {
        true
    }
}
