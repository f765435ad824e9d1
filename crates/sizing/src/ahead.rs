//! What the workers have still before them: chunks that were handed out and have not come back.
//!
//! Whoever cuts the last chunks has to know it. Half of the rest for each of two workers is too little for the one that is
//! free now, if the other one is busy for as long again: what then remains is halved once more, and each halving costs a start.

use crate::num::real;

/// A chunk that is out.
#[derive(Debug, Clone, Copy)]
struct Out {
    started_ns: u64,
    items: u64,
}

/// The chunks that are out, and when the last one came back: that is when somebody wants the next.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ahead {
    out: Vec<Out>,
    now_ns: u64,
}

/// Chunks that are kept; one whose end is never told must not keep the list growing.
const OUT_KEPT: usize = 4096;

impl Ahead {
    /// A chunk was handed out.
    pub(crate) fn started(&mut self, started_ns: u64, items: u64) {
        if self.out.len() >= OUT_KEPT {
            self.out.clear();
        }
        self.out.push(Out { started_ns, items });
    }

    /// A chunk came back: the one of that size which started nearest to the time given.
    pub(crate) fn finished(&mut self, started_ns: u64, at_ns: u64, items: u64) {
        self.now_ns = self.now_ns.max(at_ns);
        let like = self.out.iter().enumerate().filter(|(_, out)| out.items == items);
        let nearest = like.min_by_key(|(_, out)| out.started_ns.abs_diff(started_ns));
        if let Some((at, _)) = nearest {
            self.out.swap_remove(at);
        }
    }

    /// What is still to be done of all that is out, where a chunk costs `overhead_ns` and each of its items `mean_ns`.
    pub(crate) fn left_ns(&self, overhead_ns: f64, mean_ns: f64) -> f64 {
        let left = |out: &Out| {
            let whole = overhead_ns + real(out.items) * mean_ns;
            (whole - real(self.now_ns.saturating_sub(out.started_ns))).max(0.0)
        };
        self.out.iter().map(left).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_out_shrinks_as_time_goes_by_and_never_below_nothing() {
        let mut ahead = Ahead::default();
        ahead.started(0, 10);
        ahead.started(0, 100);
        ahead.started(5, 10);
        assert!((ahead.left_ns(2.0, 1.0) - (12.0 + 102.0 + 12.0)).abs() < 1e-9);
        ahead.finished(0, 12, 10);
        // The one of 100 has run for 12, the other of 10 for 7.
        assert!((ahead.left_ns(2.0, 1.0) - (90.0 + 5.0)).abs() < 1e-9);
        ahead.finished(0, 200, 100);
        assert!(ahead.left_ns(2.0, 1.0) < 1e-9, "what should have ended long ago is no work");
        ahead.finished(5, 201, 10);
        ahead.finished(5, 201, 10);
        assert!(ahead.left_ns(2.0, 1.0) < 1e-9, "an end that was never begun changes nothing");
    }
}
