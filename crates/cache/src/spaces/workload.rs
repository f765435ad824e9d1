//! What a piece of work is called in the `plan` and `bench` spaces.

use std::collections::BTreeMap;

use crate::key::{Key, Namespace};

/// A piece of work, as far as it decides how it is best carried out.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Workload {
    /// What is done: the command template, or the function's qualified name.
    pub subject: String,
    /// What does it: the executable's identity, or a hash of the function's code, constants and closure values.
    /// Never an address.
    pub code: Vec<u8>,
    /// The settings that change the answer (executor kind, target chunk duration, engine), by name.
    pub options: BTreeMap<String, String>,
    /// How many items there are.
    pub items: u64,
    /// How large an item is, if that is known.
    pub item_bytes: Option<f64>,
}

impl Workload {
    /// The bucket of its shape: items and sizes that differ by less than a factor of two may share one. What was decided
    /// for one number of items is scaled when it is used for another.
    #[must_use]
    pub fn shape(&self) -> String {
        let items = match self.items {
            0 => "0 items".to_owned(),
            items => format!("2^{} items", items.ilog2()),
        };
        match self.item_bytes {
            Some(bytes) if bytes.is_finite() && bytes >= 1.0 => {
                format!("{items} of 2^{:.0} bytes", bytes.log2().floor())
            }
            Some(bytes) if bytes.is_finite() => format!("{items} of no bytes"),
            _ => items,
        }
    }

    /// The key of this work in a namespace.
    pub(super) fn key(&self, namespace: &Namespace) -> Key {
        let options: Vec<String> =
            self.options.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
        Key::new(namespace, &self.subject)
            .code(blake3::hash(&self.code).to_hex().as_str())
            .options(options.join(" "))
            .item_shape(self.shape())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(items: u64, item_bytes: Option<f64>) -> Workload {
        Workload { subject: "f".to_owned(), items, item_bytes, ..Workload::default() }
    }

    #[test]
    fn ninety_nine_items_are_not_ten() {
        let shape = |items| work(items, None).shape();
        assert_ne!(shape(99), shape(10));
        assert_eq!(shape(99), shape(64));
        assert_ne!(shape(0), shape(1));
    }

    #[test]
    fn sizes_that_make_no_sense_do_not_poison_the_shape() {
        for bytes in [f64::NAN, f64::INFINITY] {
            assert_eq!(work(8, Some(bytes)).shape(), work(8, None).shape());
        }
        assert_eq!(work(8, Some(0.0)).shape(), "2^3 items of no bytes");
        assert_eq!(work(8, Some(1500.0)).shape(), "2^3 items of 2^10 bytes");
    }

    #[test]
    fn doubling_and_tripling_do_not_share_a_key() {
        let code = |code: &str| Workload { code: code.into(), ..work(8, None) };
        let key = |work: &Workload| work.key(&Namespace::PLAN);
        assert_ne!(key(&code("x*2")).id(), key(&code("x*3")).id());
    }
}
