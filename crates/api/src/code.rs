//! Every code of a refusal, with the kind of fault that it is.
//!
//! Invariant: each has a page in `docs/errors`, named like it; a test wants the page.

use crate::fault::FaultKind;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $kind:ident;)*) => {
        /// A stable code of a refusal.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// All.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The word in the answer.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// Which kind of fault it is: decides the status.
            #[must_use]
            pub const fn kind(self) -> FaultKind {
                match self { $(Self::$name => FaultKind::$kind,)* }
            }
        }
    };
}

codes! {
    /// The content type of events is neither of the two that are read.
    ContentType = "content_type", Invalid;
    /// The body is no JSON.
    Json = "json", Invalid;
    /// A batch is no array.
    Batch = "batch", Refused;
    /// An event's type is not known.
    Type = "type", Refused;
    /// A field is missing or of another form.
    Field = "field", Refused;
    /// A time cannot be read or lies outside the calendar.
    Time = "time", Refused;
    /// A word is none that the field knows.
    Word = "word", Refused;
    /// A number cannot be read or does not fit.
    Number = "number", Refused;
    /// An energy register is out of bounds.
    Energy = "energy", Refused;
    /// Not exactly one payer is given.
    Payer = "payer", Refused;
    /// A text holds a card number.
    CardData = "card_data_refused", Refused;
    /// A parameter of a question cannot be read.
    Parameter = "parameter", Invalid;
    /// Path, query or body cannot be read.
    Request = "request", Invalid;
    /// There is no such path.
    Path = "path", NotFound;
    /// The path is asked another way.
    Method = "method", WrongMethod;
    /// The body is too large.
    TooLarge = "too_large", TooLarge;
    /// Path and headers are too large.
    HeadersTooLarge = "headers_too_large", HeadersTooLarge;
    /// The body did not come in time.
    TooSlow = "too_slow", TooSlow;
    /// An event is too large.
    Oversize = "oversize", TooLarge;
    /// A kind of document that there is not.
    Kind = "kind", NotFound;
    /// A document that there is not.
    Document = "document", NotFound;
    /// A session that there is not.
    Session = "session", NotFound;
    /// An invoice that there is not.
    Invoice = "invoice", NotFound;
    /// An event that was never seen.
    Event = "event", NotFound;
    /// A report that there is not.
    Report = "report", NotFound;
    /// A topic that there is not.
    Topic = "topic", NotFound;
    /// A processor that is not configured.
    Processor = "processor", NotFound;
    /// A notice without a valid signature.
    Signature = "signature", Unauthorized;
    /// A notice that cannot be read.
    Webhook = "webhook", Invalid;
    /// A decision of the review desk that is not carried out.
    Decision = "decision", Conflict;
    /// A record that was not set aside.
    Letter = "dead_letter", NotFound;
    /// A unit that is not parked.
    Parked = "parked", NotFound;
    /// Something is changed where no engine runs.
    NoEngine = "no_engine", Conflict;
    /// A session that does not run, or that nothing prices, has no running price.
    NotRunning = "not_running", Conflict;
    /// No worker of this process folds the session's station now.
    NotHere = "not_here", NotReady;
    /// More waits than can be folded soon.
    Busy = "busy", Busy;
    /// A station sends more than one may.
    HotStation = "hot_station", Busy;
    /// The directory is not open yet.
    Starting = "starting", NotReady;
    /// The stores are not up to the log yet.
    Restoring = "restoring", NotReady;
    /// Log, views or processor cannot be used.
    Broken = "broken", Unavailable;
    /// A request ended in a panic.
    Internal = "internal", Unavailable;
}

impl Code {
    /// The code of a word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_has_a_page_that_says_what_happened_and_what_to_do() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors");
        for code in Code::ALL {
            let path = format!("{folder}/{}.md", code.word());
            let page =
                std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
            assert!(page.starts_with(&format!("# {}: ", code.word())), "{path}");
            for heading in ["\n## What happened\n", "\n## What to do\n"] {
                assert!(page.contains(heading), "{path} lacks {heading}");
            }
        }
    }

    #[test]
    fn no_two_codes_have_one_word() {
        let words: BTreeSet<&str> = Code::ALL.iter().map(|code| code.word()).collect();
        assert_eq!(words.len(), Code::ALL.len());
        assert!(
            Code::ALL
                .iter()
                .all(|code| Code::of_word(code.word()) == Some(*code))
        );
    }
}
