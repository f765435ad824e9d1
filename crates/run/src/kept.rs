//! Output that is kept until its item has ended, in memory while it is small, in one nameless file beyond.
//!
//! A child that writes much must never stand still because nobody reads, and a run must never grow with what its
//! items write. All outputs share one file; space is given back when an output has been handed over.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use crate::error::{Error, Kind, Result};

/// An output keeps so much in memory.
const EACH_IN_MEMORY: usize = 64 << 10;
/// And all together so much.
const ALL_IN_MEMORY: usize = 64 << 20;

/// One output.
#[derive(Debug, Default)]
pub struct Kept {
    extents: Vec<(u64, u64)>,
    memory: Vec<u8>,
}

impl Kept {
    /// Whether nothing was written.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.extents.is_empty() && self.memory.is_empty()
    }

    /// Bytes in all.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.extents.iter().map(|extent| extent.1).sum::<u64>() + self.memory.len() as u64
    }
}

/// Where outputs go that are too large for memory.
#[derive(Debug)]
pub struct Store {
    directory: PathBuf,
    file: Option<File>,
    end: u64,
    live: u64,
    in_memory: usize,
}

impl Store {
    /// A store that makes its file in `directory` once it is needed.
    #[must_use]
    pub fn new(directory: &Path) -> Self {
        let directory = directory.to_path_buf();
        Self { directory, file: None, end: 0, live: 0, in_memory: 0 }
    }

    /// Adds to an output.
    ///
    /// # Errors
    /// When the file cannot be made or written.
    pub fn add(&mut self, kept: &mut Kept, bytes: &[u8]) -> Result<()> {
        kept.memory.extend_from_slice(bytes);
        self.in_memory += bytes.len();
        if kept.memory.len() >= EACH_IN_MEMORY || self.in_memory >= ALL_IN_MEMORY {
            self.spill(kept)?;
        }
        Ok(())
    }

    fn spill(&mut self, kept: &mut Kept) -> Result<()> {
        let error = |e| {
            Error::file(Kind::Environment, "keep the output of an item in", &self.directory, e)
                .hint("make room there, or set TMPDIR to a larger place")
        };
        let file = match &self.file {
            Some(file) => file,
            None => {
                self.file.insert(amorsize_os::ready::unnamed_file(&self.directory).map_err(error)?)
            }
        };
        file.write_all_at(&kept.memory, self.end).map_err(error)?;
        let length = kept.memory.len() as u64;
        kept.extents.push((self.end, length));
        self.end += length;
        self.live += length;
        self.in_memory -= kept.memory.len();
        kept.memory = Vec::new();
        Ok(())
    }

    /// Hands an output over, piece by piece, and gives its space back.
    ///
    /// # Errors
    /// When the file cannot be read, or what `take` says.
    pub fn hand_over(
        &mut self,
        mut kept: Kept,
        mut take: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let mut block = vec![0; if kept.extents.is_empty() { 0 } else { EACH_IN_MEMORY }];
        let mut outcome = Ok(());
        for (from, length) in std::mem::take(&mut kept.extents) {
            if outcome.is_ok() {
                outcome = self.copy(from, length, &mut block, &mut take);
            }
            self.release(from, length);
        }
        self.in_memory -= kept.memory.len();
        outcome?;
        let rest = std::mem::take(&mut kept.memory);
        if rest.is_empty() { Ok(()) } else { take(&rest) }
    }

    /// Gives up an output.
    pub fn forget(&mut self, kept: Kept) {
        for &(from, length) in &kept.extents {
            self.release(from, length);
        }
        self.in_memory -= kept.memory.len();
        drop(kept);
    }

    fn copy(
        &self,
        from: u64,
        length: u64,
        block: &mut [u8],
        take: &mut impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let mut at = 0;
        while at < length {
            let want = usize::try_from(length - at).unwrap_or(usize::MAX).min(block.len());
            let got = file.read_at(&mut block[..want], from + at);
            let got = got.map_err(|error| Error::system("read a kept output", error))?;
            if got == 0 {
                let error = io::Error::from(io::ErrorKind::UnexpectedEof);
                return Err(Error::system("read a kept output", error));
            }
            take(&block[..got])?;
            at += got as u64;
        }
        Ok(())
    }

    fn release(&mut self, from: u64, length: u64) {
        self.live -= length;
        let Some(file) = &self.file else { return };
        if self.live == 0 {
            // Nothing points into the file any more; if it cannot be cut it is only larger than it need be.
            if file.set_len(0).is_ok() {
                self.end = 0;
            }
        } else {
            amorsize_os::ready::give_back(file, from, length);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(store: &mut Store, kept: Kept) -> Vec<u8> {
        let mut bytes = Vec::new();
        store
            .hand_over(kept, |part| {
                bytes.extend_from_slice(part);
                Ok(())
            })
            .unwrap();
        bytes
    }

    #[test]
    fn large_outputs_come_back_whole_though_they_were_written_in_turn() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::new(folder.path());
        let (mut a, mut b) = (Kept::default(), Kept::default());
        let mut wanted = (Vec::new(), Vec::new());
        for round in 0..300_u32 {
            let line = round.to_le_bytes().repeat(200);
            store.add(&mut a, &line).unwrap();
            wanted.0.extend_from_slice(&line);
            store.add(&mut b, &line[..40]).unwrap();
            wanted.1.extend_from_slice(&line[..40]);
        }
        assert!(a.memory.len() < EACH_IN_MEMORY && a.extents.len() == 3);
        assert_eq!(a.length(), wanted.0.len() as u64);
        assert!(whole(&mut store, a) == wanted.0);
        assert!(whole(&mut store, b) == wanted.1);
        assert_eq!((store.live, store.end, store.in_memory), (0, 0, 0));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_missing_place_is_a_clear_error() {
        let mut store = Store::new(Path::new("/nonexistent/place"));
        let error = store.add(&mut Kept::default(), &[0; EACH_IN_MEMORY]).unwrap_err();
        assert!(error.to_string().contains("/nonexistent/place"));
        assert!(error.hint_text().unwrap().contains("TMPDIR"));
    }
}
