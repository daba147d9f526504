//! The desk: proposals, decisions, and orders about what is held back.

use crate::{record, symbols, union};
use wattledger_domain::device::{Device, DeviceSuggestion};
use wattledger_domain::parking::{ParkingAction, ParkingOrder};
use wattledger_domain::review::{
    CorrectedReading, DeviceSeen, ReadingKind, ReadingSeen, ReviewDecided, ReviewProposal,
    ReviewVerdict, Seen, SessionDecided, SessionWithdrawn,
};

symbols! { "wattledger.review.ReadingKind", "What was read.", ReadingKind {
    0 => State "STATE", 1 => StatusState "STATUS_STATE", 2 => Power "POWER",
    3 => Current "CURRENT", 4 => EnergyInterval "ENERGY_INTERVAL", 5 => EnergyNet "ENERGY_NET",
    6 => EnergyPhaseOne "ENERGY_PHASE_ONE", 7 => EnergyPhaseTwo "ENERGY_PHASE_TWO",
    8 => EnergyPhaseThree "ENERGY_PHASE_THREE", 9 => EnergyTotal "ENERGY_TOTAL",
} }
record! { "wattledger.review.ReadingSeen", "One thing that a charger said.", ReadingSeen {
    at: "When.",
    kind: "What.",
    value: "Milliwatt hours, milliwatts, milliamperes, or a state's place in its list.",
} }
symbols! { "wattledger.review.DeviceSuggestion", "What a profile of a device should say.", DeviceSuggestion {
    0 => EnergyAsLabelled "ENERGY_AS_LABELLED", 1 => EnergyThousandfold "ENERGY_THOUSANDFOLD",
    2 => EnergyThousandth "ENERGY_THOUSANDTH", 3 => PowerAsLabelled "POWER_AS_LABELLED",
    4 => PowerThousandfold "POWER_THOUSANDFOLD", 5 => PowerThousandth "POWER_THOUSANDTH",
    6 => RegisterLifetime "REGISTER_LIFETIME", 7 => RegisterPerSession "REGISTER_PER_SESSION",
} }
record! { "wattledger.review.Device", "What a station says that it is.", Device {
    vendor: "Maker.",
    model: "Model.",
    firmware: "Firmware version.",
} }
record! { "wattledger.review.DeviceSeen",
    "A session's charger, and whether its data fit what is known of it.", DeviceSeen {
    device: "What it says it is.",
    profile: "How its readings were read; null where no profile is about it.",
    suggestion: "What a profile should say, by the data; null where nothing contradicts.",
} }
record! { "wattledger.review.ReviewProposal",
    "What a session would be billed as, and what that rests on.", ReviewProposal {
    round: "How often it has been held, from 1; a decision names it.",
    version: "The version billed so far; 0 when none is.",
    evse: "Where exactly.",
    transaction: "The charger's own transaction id.",
    evidence: "Registers, end, and what was odd.",
    durations: "Time by state.",
    periods: "From start to end; the first and last where there are many.",
    readings: "What the charger said; the first and last where there is much.",
    readings_left_out: "How many readings are not among them.",
    tariff: "What it would be billed by; null when nothing prices it.",
    time_zone: "IANA zone of the site; null when the station is unknown.",
    lines: "The invoice's lines as they would be.",
    groups: "Its tax groups.",
    device: "Its charger; null where nobody has said what it is and nothing speaks against it.",
    taxes: "What named taxes would come to; null where taxes have no names.",
    rounding: "What cash rounding would add, or take off; null without cash rounding.",
} }
record! { "wattledger.review.Seen", "What a person had before them.", Seen {
    round: "How often it had been held; 0 when never.",
    version: "The version that was billed; 0 when none.",
} }
record! { "wattledger.review.CorrectedReading",
    "What a person knows better than the charger.", CorrectedReading {
    meter_start: "Energy register at the start, milliwatt hours.",
    meter_stop: "Energy register at the end, milliwatt hours.",
    ended_at: "When it ended.",
} }
union! { ReviewVerdict {
    0 => BillAsProposed "wattledger.review.BillAsProposed",
    1 => BillCorrected "wattledger.review.BillCorrected" (
        reading: "Bill by what the person read or was told."),
    2 => SetPayer "wattledger.review.SetPayer" (account: "Somebody else pays."),
    3 => Waive "wattledger.review.Waive",
    4 => Reprice "wattledger.review.Reprice" (
        tariff: "Price it by this version; null for whatever was in force at its start."),
} }
record! { "wattledger.charging.ReviewDecided",
    "A person decided about a session.", ReviewDecided {
    source: "Who says it: the desk.",
    id: "The desk's id of it; with the source the idempotency key.",
    station: "Where the session was.",
    session: "About which session.",
    seen: "What was looked at; null for whatever it is now.",
    verdict: "What is decided.",
    reason: "Why, in the person's words.",
    decided_by: "Who decided.",
    decided_at: "The desk's time.",
} }
record! { "wattledger.accounts.SessionDecided",
    "A decision that was carried out, and what came of it.", SessionDecided {
    decision: "The decision.",
    account: "Who pays now, or where the session is kept while nobody does.",
    version: "The version that is billed now; 0 when none is.",
    waits: "The round of the hold it waits in now; 0 when it does not wait.",
    gross: "What it comes to now; null when nothing prices it.",
    carried_out_at: "Logical time.",
} }
record! { "wattledger.accounts.SessionWithdrawn",
    "A session is another account's, or nobody's, to pay.", SessionWithdrawn {
    session: "The session.",
    account: "Who no longer pays.",
    version: "Above every version that the account has been sent; 0 when it was sent none.",
    at: "Logical time.",
} }
symbols! { "wattledger.control.ParkingAction",
    "What becomes of records that are held back.", ParkingAction {
    0 => Release "RELEASE", 1 => Skip "SKIP",
} }
record! { "wattledger.control.ParkingOrder",
    "A person orders what becomes of records that a fold held back.", ParkingOrder {
    unit: "Whose records: a station, an account, a draft, a payment.",
    action: "What becomes of them.",
    reason: "Why, in the person's words.",
    ordered_by: "Who orders.",
    ordered_at: "When.",
} }
