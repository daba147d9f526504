//! The last few documents that a thread has read or written, with their text: a seller and a policy
//! travel with every authorisation and bill, and are the same in nearly all of them.

use std::cell::RefCell;

/// More sellers than this are rarely at work at once.
const KEPT: usize = 8;

/// Documents and their text, newest last. What was read is not what would be written: another writer
/// may have put the same document into other words, and what is written depends on nothing but it.
pub(crate) struct Known<T> {
    read: Pairs<T>,
    written: Pairs<T>,
}

type Pairs<T> = RefCell<Vec<(Box<str>, T)>>;

impl<T: Clone + Eq> Known<T> {
    pub(crate) const fn new() -> Self {
        Self {
            read: RefCell::new(Vec::new()),
            written: RefCell::new(Vec::new()),
        }
    }

    /// What a text says; read only when it is not known.
    pub(crate) fn read<E>(
        &self,
        text: &str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, E> {
        let known = self.read.borrow();
        if let Some((_, value)) = known.iter().find(|(known, _)| **known == *text) {
            return Ok(value.clone());
        }
        drop(known);
        let value = read(text)?;
        keep(&self.read, text, &value);
        Ok(value)
    }

    /// Shows the text of a document; made only when it is not known.
    pub(crate) fn write(
        &self,
        value: &T,
        text: impl FnOnce(&T) -> String,
        show: impl FnOnce(&str),
    ) {
        let known = self.written.borrow();
        if let Some((text, _)) = known.iter().find(|(_, known)| known == value) {
            return show(text);
        }
        drop(known);
        let text = text(value);
        keep(&self.written, &text, value);
        show(&text);
    }
}

fn keep<T: Clone>(pairs: &Pairs<T>, text: &str, value: &T) {
    let mut known = pairs.borrow_mut();
    if known.len() >= KEPT {
        known.remove(0);
    }
    known.push((text.into(), value.clone()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_once_while_it_is_among_the_last() {
        let known: Known<usize> = Known::new();
        let mut reads = 0;
        let mut read = |text: &str| {
            known.read(text, |text| {
                reads += 1;
                text.parse::<usize>()
            })
        };
        for _ in 0..3 {
            assert_eq!(read("7"), Ok(7));
        }
        assert!(read("x").is_err());
        for number in 10..10 + KEPT {
            assert_eq!(read(&number.to_string()), Ok(number));
        }
        assert_eq!(read("7"), Ok(7));
        assert_eq!(reads, 3 + KEPT);
    }

    #[test]
    fn what_another_writer_wrote_is_not_written() {
        let known: Known<usize> = Known::new();
        assert_eq!(known.read("007", str::parse::<usize>), Ok(7));
        known.write(&7, ToString::to_string, |text| assert_eq!(text, "7"));
    }

    #[test]
    fn a_text_is_made_once_and_is_the_values_own() {
        let known: Known<usize> = Known::new();
        let mut made = 0;
        for value in [1, 2, 1, 2, 1] {
            let text = |value: &usize| {
                made += 1;
                value.to_string()
            };
            known.write(&value, text, |text| assert_eq!(text, value.to_string()));
        }
        assert_eq!(made, 2);
    }
}
