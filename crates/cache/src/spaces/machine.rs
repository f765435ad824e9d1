//! The machine as far as plans and measurements hang on it.

use amorsize_os::machine::Machine;

use crate::fingerprint::{Fingerprint, Tolerance};

/// The fingerprint of a machine: what would change a plan, each with how far it may differ.
#[must_use]
pub fn fingerprint_of(machine: &Machine) -> Fingerprint {
    let mut fingerprint = Fingerprint::new()
        .exact("os", std::env::consts::OS)
        .exact("arch", std::env::consts::ARCH)
        .field("cpus_usable", machine.cpus_usable(), Tolerance::Ratio(0.05));
    if let Some(cores) = machine.cores_physical {
        fingerprint = fingerprint.exact("cores_physical", cores);
    }
    let limit = machine.memory_limit.as_ref().map(|limit| limit.bytes);
    if let Some(bytes) = machine.memory_total_bytes.into_iter().chain(limit).min() {
        #[expect(clippy::cast_precision_loss, reason = "a tenth of a gibibyte is fine enough")]
        let gib = bytes as f64 / f64::from(1 << 30);
        fingerprint =
            fingerprint.field("memory_gib", (gib * 10.0).round() / 10.0, Tolerance::Ratio(0.2));
    }
    fingerprint
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_machine_is_the_same() {
        let (one, two) = (fingerprint_of(&Machine::read()), fingerprint_of(&Machine::read()));
        assert!(one.changes_since(&two).is_empty());
        let fewer = Machine { cores_physical: Some(77), ..Machine::read() };
        assert!(!fingerprint_of(&fewer).changes_since(&one).is_empty());
    }
}
