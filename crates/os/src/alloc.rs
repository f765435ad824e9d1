//! The allocator of the programs: mimalloc, by its short way wherever that aligns well enough.
//!
//! Every block of mimalloc is aligned as its size asks, up to [`ALIGNED`]; its calls that take an alignment look at
//! far more. An audit makes millions of small blocks.
//!
//! Deliberately absent: which program uses it. A library must not choose the allocator of its caller.

#![expect(unsafe_code, reason = "an allocator hands out memory")]

use std::alloc::{GlobalAlloc, Layout};

use libmimalloc_sys as mimalloc;

/// What blocks of at least this size are aligned to without being asked.
const ALIGNED: usize = 16;

/// mimalloc.
#[derive(Debug)]
pub struct Allocator;

/// Whether a block of that layout is aligned without a word about it.
const fn is_plain(layout: Layout) -> bool {
    layout.align() <= ALIGNED && layout.align() <= layout.size()
}

// SAFETY: mimalloc hands out each block once and aligned as asked, or null, and does not unwind.
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if is_plain(layout) {
            // SAFETY: any size may be asked for.
            unsafe { mimalloc::mi_malloc(layout.size()) }.cast()
        } else {
            // SAFETY: a layout's alignment is a power of two.
            unsafe { mimalloc::mi_malloc_aligned(layout.size(), layout.align()) }.cast()
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if is_plain(layout) {
            // SAFETY: any size may be asked for.
            unsafe { mimalloc::mi_zalloc(layout.size()) }.cast()
        } else {
            // SAFETY: a layout's alignment is a power of two.
            unsafe { mimalloc::mi_zalloc_aligned(layout.size(), layout.align()) }.cast()
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, _layout: Layout) {
        // SAFETY: the caller gives back a block of this allocator.
        unsafe { mimalloc::mi_free(block.cast()) }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller hands in a block of this allocator, and the alignment it was made with.
        unsafe { mimalloc::mi_realloc_aligned(block.cast(), size, layout.align()) }.cast()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_aligned_as_asked_and_keep_what_they_hold() {
        for (size, align) in [(1, 1), (8, 8), (24, 8), (16, 16), (48, 16), (8, 64), (4096, 4096)] {
            let layout = Layout::from_size_align(size, align).expect("a power of two");
            // SAFETY: the layout is not empty.
            let block = unsafe { Allocator.alloc_zeroed(layout) };
            assert_eq!((block as usize) % align, 0, "{layout:?}");
            // SAFETY: the block has this layout.
            let block = unsafe { Allocator.realloc(block, layout, size * 9) };
            assert_eq!((block as usize) % align, 0, "{layout:?}");
            // SAFETY: the first bytes were made zeros.
            assert_eq!(unsafe { *block }, 0);
            let larger = Layout::from_size_align(size * 9, align).expect("a power of two");
            // SAFETY: the block has this layout by now.
            unsafe { Allocator.dealloc(block, larger) };
            // SAFETY: the layout is not empty.
            let block = unsafe { Allocator.alloc(layout) };
            assert_eq!((block as usize) % align, 0, "{layout:?}");
            // SAFETY: the block has this layout.
            unsafe { Allocator.dealloc(block, layout) };
        }
    }
}
