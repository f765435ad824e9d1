//! What kind of file system a path lies on.
//!
//! The embedded store needs locks and shared memory that network file systems do not give; this module tells
//! them apart by the kernel's magic numbers. It does not guess: an unknown number counts as local. And how much room is left.

use std::path::Path;

use crate::error::{At as _, Result};

/// The name of the network file system `path` lies on, or `None` when it is local.
///
/// # Errors
/// When the kernel cannot tell (the path cannot be reached).
pub fn network_kind(path: &Path) -> Result<Option<&'static str>> {
    let stat = rustix::fs::statfs(path).at("look at the file system of", path)?;
    // The kernel's type is signed on some architectures and unsigned on others; the low 32 bits are the magic.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "file system magic numbers are 32 bits wide"
    )]
    let magic = stat.f_type as u32;
    Ok(name_of(magic))
}

/// The bytes that this user may still write to the file system `path` lies on.
///
/// # Errors
/// When the kernel cannot tell (the path cannot be reached).
pub fn free_bytes(path: &Path) -> Result<u64> {
    let stat = rustix::fs::statvfs(path).at("look at the file system of", path)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

fn name_of(magic: u32) -> Option<&'static str> {
    match magic {
        0x6969 => Some("nfs"),
        0xff53_4d42 => Some("cifs"),
        0xfe53_4d42 => Some("smb2"),
        0x517b => Some("smb"),
        0x0102_1997 => Some("9p"),
        0x564c => Some("ncp"),
        0x5346_414f => Some("afs"),
        0x00c3_6400 => Some("ceph"),
        0x0bd0_0bd0 => Some("lustre"),
        0x4750_4653 => Some("gpfs"),
        0x0116_1970 => Some("gfs2"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_network_file_systems_have_names_and_a_private_folder_is_local() {
        assert_eq!(name_of(0x6969), Some("nfs"));
        assert_eq!(name_of(0xef53), None);
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(network_kind(dir.path()).unwrap(), None);
        assert!(free_bytes(dir.path()).unwrap() > 0);
        assert!(free_bytes(&dir.path().join("none")).is_err());
    }
}
