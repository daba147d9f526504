//! Short texts that live where they are kept: an id of usual length costs no allocation, and looking
//! it up no further line of memory.
//!
//! Invariant: a text of up to `N` bytes is inline, a longer one on the heap; equal texts are equal.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// Text, inline up to `N` bytes.
#[derive(Clone)]
pub(crate) struct Text<const N: usize>(Kept<N>);

#[derive(Clone)]
enum Kept<const N: usize> {
    Inline { length: u8, bytes: [u8; N] },
    Heap(Box<str>),
}

impl<const N: usize> Text<N> {
    pub(crate) fn new(text: &str) -> Self {
        let mut bytes = [0; N];
        let kept = match (bytes.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(place), Ok(length)) => {
                place.copy_from_slice(text.as_bytes());
                Kept::Inline { length, bytes }
            }
            (_, _) => Kept::Heap(text.into()),
        };
        Self(kept)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Kept::Inline { length, bytes } => bytes.get(..usize::from(*length)).unwrap_or(bytes),
            Kept::Heap(text) => text.as_bytes(),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        match &self.0 {
            // Never empty by mistake: the bytes are those of a text, all of it.
            Kept::Inline { .. } => std::str::from_utf8(self.as_bytes()).unwrap_or_default(),
            Kept::Heap(text) => text,
        }
    }
}

impl<const N: usize> PartialEq for Text<N> {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl<const N: usize> Eq for Text<N> {}

impl<const N: usize> PartialOrd for Text<N> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<const N: usize> Ord for Text<N> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl<const N: usize> Hash for Text<N> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl<const N: usize> fmt::Display for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_text_of_any_length_reads_back_and_is_ordered_as_texts_are(
            one in ".{0,40}",
            other in ".{0,40}",
        ) {
            let (short, long) = (Text::<30>::new(&one), Text::<30>::new(&other));
            prop_assert_eq!(short.as_str(), &one);
            prop_assert_eq!(long.as_str(), &other);
            prop_assert_eq!(short == long, one == other);
            prop_assert_eq!(short.cmp(&long), one.cmp(&other));
        }
    }

    #[test]
    fn an_id_of_ours_fits_and_the_type_takes_no_more_than_32_bytes() {
        let id = "ses_0123456789abcdefghjkmnpqrs";
        assert!(matches!(Text::<30>::new(id).0, Kept::Inline { .. }));
        assert_eq!(size_of::<Text<30>>(), 32);
    }
}
