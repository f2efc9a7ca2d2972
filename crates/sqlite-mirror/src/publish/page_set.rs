//! A set of page numbers.

/// A set of page numbers, stored as a bitmap up to the highest page that was added since the set was created or
/// cleared.
#[derive(Clone, Debug, Default)]
pub(super) struct PageSet {
    words: Vec<u64>,
    count: usize,
}

impl PageSet {
    pub(super) fn up_to(last: u32) -> Self {
        let mut set = Self::default();
        set.insert_up_to(last);
        set
    }

    /// Adds a page. Page 0 does not exist.
    pub(super) fn insert(&mut self, page: u32) {
        let (word, bit) = bit_of(page);
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        if self.words[word] & bit == 0 {
            self.words[word] |= bit;
            self.count += 1;
        }
    }

    pub(super) fn insert_up_to(&mut self, last: u32) {
        for page in 1..=last {
            self.insert(page);
        }
    }

    pub(super) fn remove(&mut self, page: u32) {
        let (word, bit) = bit_of(page);
        if let Some(bits) = self.words.get_mut(word).filter(|bits| **bits & bit != 0) {
            *bits &= !bit;
            self.count -= 1;
        }
    }

    pub(super) fn contains(&self, page: u32) -> bool {
        let (word, bit) = bit_of(page);
        self.words.get(word).is_some_and(|bits| bits & bit != 0)
    }

    /// Removes all pages above `last`.
    pub(super) fn remove_beyond(&mut self, last: u32) {
        let beyond: Vec<u32> = self.iter().filter(|page| *page > last).collect();
        for page in beyond {
            self.remove(page);
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Returns the pages in ascending order.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().enumerate().filter(|(_, bits)| **bits != 0).flat_map(|(word, bits)| {
            let base = u32::try_from(word).unwrap_or(u32::MAX).saturating_mul(u64::BITS);
            (0..u64::BITS).filter(move |bit| bits & (1 << bit) != 0).map(move |bit| base + bit)
        })
    }
}

fn bit_of(page: u32) -> (usize, u64) {
    ((page / u64::BITS) as usize, 1 << (page % u64::BITS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn a_page_set_behaves_as_a_set(steps in prop::collection::vec((any::<bool>(), 1..300_u32), 0..200), cut in 0..300_u32) {
            let (mut set, mut model) = (PageSet::default(), BTreeSet::new());
            for (add, page) in steps {
                if add { set.insert(page); model.insert(page); } else { set.remove(page); model.remove(&page); }
                prop_assert_eq!(set.len(), model.len());
                prop_assert_eq!(set.contains(page), add);
            }
            set.remove_beyond(cut);
            model.retain(|page| *page <= cut);
            prop_assert_eq!(set.iter().collect::<Vec<_>>(), model.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_set_up_to_a_page_has_all_pages_of_a_file() {
        let set = PageSet::up_to(130);
        assert_eq!((set.len(), set.iter().next(), set.iter().last()), (130, Some(1), Some(130)));
    }
}
