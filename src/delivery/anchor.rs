//! A message that later ones replace.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::transport::Receipt;

/// Where the message stands that later ones with this anchor replace: one in each channel.
#[derive(Debug, Default)]
pub(crate) struct Anchor(Mutex<BTreeMap<usize, Receipt>>);

impl Anchor {
    /// What stands in this channel, by its index, if the service named it.
    pub(crate) fn receipt(&self, channel: usize) -> Option<Receipt> {
        self.lock().get(&channel).cloned()
    }

    /// The service took it. Without a name it cannot be found again.
    pub(crate) fn told(&self, channel: usize, receipt: &Receipt) {
        if receipt.id().is_some() {
            self.lock().insert(channel, receipt.clone());
        }
    }

    /// It is not there any more.
    pub(crate) fn lost(&self, channel: usize) {
        self.lock().remove(&channel);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<usize, Receipt>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_channel_has_its_own_message() {
        let anchor = Anchor::default();
        anchor.told(0, &Receipt::new("a"));
        anchor.told(1, &Receipt::new("b"));
        anchor.told(1, &Receipt::none());
        assert_eq!(anchor.receipt(0), Some(Receipt::new("a")));
        assert_eq!(anchor.receipt(1), Some(Receipt::new("b")));
        anchor.lost(0);
        assert_eq!(anchor.receipt(0), None);
        assert_eq!(anchor.receipt(2), None);
    }
}
