//! The words of each language.

use wattledger_domain::tariff::Weekday;

/// A language that tariffs are explained in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// German.
    German,
    /// French.
    French,
    /// Dutch.
    Dutch,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::English, Self::German, Self::French, Self::Dutch];

    /// The language of an ISO 639-1 code: en, de, fr, nl.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|language| language.code() == code)
    }

    /// Its ISO 639-1 code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::French => "fr",
            Self::Dutch => "nl",
        }
    }

    pub(super) const fn words(self) -> &'static Words {
        match self {
            Self::English => &ENGLISH,
            Self::German => &GERMAN,
            Self::French => &FRENCH,
            Self::Dutch => &DUTCH,
        }
    }
}

pub struct Words {
    pub energy: &'static str,
    pub charging_time: &'static str,
    pub parking: &'static str,
    pub start_fee: &'static str,
    pub reserved_time: &'static str,
    pub reservation_fee: &'static str,
    pub per_hour: &'static str,
    pub free: &'static str,
    pub tax: &'static str,
    /// Quantities are rounded up to whole blocks.
    pub in_blocks: &'static str,
    pub always: &'static str,
    pub from: &'static str,
    /// Between a lower bound and the upper one, which is exclusive.
    pub to_below: &'static str,
    pub below: &'static str,
    pub from_date: &'static str,
    pub before_date: &'static str,
    /// Between day, month and year, in this order; `None`: year, month, day.
    pub date_mark: Option<char>,
    pub decimal_mark: char,
    /// Between a name and what it costs.
    pub colon: &'static str,
    pub energy_used: &'static str,
    pub power: &'static str,
    pub current: &'static str,
    pub session_time: &'static str,
    pub idle_time: &'static str,
    pub expired: &'static str,
    pub booking: &'static str,
    pub first_counts: &'static str,
    pub at_least: &'static str,
    pub at_most: &'static str,
    pub before_tax: &'static str,
    pub after_tax: &'static str,
    pub tax_included: &'static str,
    pub tax_added: &'static str,
    pub tax_none: &'static str,
    /// After the price that holds where the market has none.
    pub unless_market: &'static str,
    /// Around a span.
    pub idle_withdrawn: (&'static str, &'static str),
    /// Around a share in percent.
    pub idle_only_when_busy: (&'static str, &'static str),
    pub idle_at_most: &'static str,
    pub in_session: &'static str,
    pub in_day: &'static str,
    /// From Monday on.
    pub days: [&'static str; 7],
}

impl Words {
    pub const fn day(&self, day: Weekday) -> &'static str {
        let [
            monday,
            tuesday,
            wednesday,
            thursday,
            friday,
            saturday,
            sunday,
        ] = self.days;
        match day {
            Weekday::Monday => monday,
            Weekday::Tuesday => tuesday,
            Weekday::Wednesday => wednesday,
            Weekday::Thursday => thursday,
            Weekday::Friday => friday,
            Weekday::Saturday => saturday,
            Weekday::Sunday => sunday,
        }
    }
}

const ENGLISH: Words = Words {
    energy: "Energy",
    charging_time: "Charging time",
    parking: "Parking after charging",
    start_fee: "Start fee",
    reserved_time: "Reservation",
    reservation_fee: "Reservation fee",
    per_hour: "/h",
    free: "free",
    tax: "tax",
    in_blocks: "in blocks of",
    always: "at all times",
    from: "from",
    to_below: "to below",
    below: "below",
    from_date: "from",
    before_date: "before",
    date_mark: None,
    decimal_mark: '.',
    colon: ": ",
    energy_used: "energy used",
    power: "power",
    current: "current",
    session_time: "time since the start",
    idle_time: "time since charging ended",
    expired: "if the reservation expires unused",
    booking: "for a booking",
    first_counts: "Of several prices for the same thing the first that applies counts.",
    at_least: "A session costs at least",
    at_most: "A session costs at most",
    before_tax: "before tax",
    after_tax: "after tax",
    tax_included: "Prices include tax.",
    tax_added: "Tax is added to these prices.",
    tax_none: "No tax applies.",
    unless_market: "unless the market has a price for the time:",
    idle_withdrawn: ("Parking is free if charging resumes within", ""),
    idle_only_when_busy: (
        "Parking costs only while at least",
        "% of the site's places are taken; it is free while less are, or nobody has published how many",
    ),
    idle_at_most: "Parking costs at most",
    in_session: "per session",
    in_day: "per day",
    days: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
};

const GERMAN: Words = Words {
    energy: "Strom",
    charging_time: "Ladezeit",
    parking: "Standzeit nach dem Laden",
    start_fee: "Startgebühr",
    reserved_time: "Reservierung",
    reservation_fee: "Reservierungsgebühr",
    per_hour: "/h",
    free: "kostenlos",
    tax: "MwSt.",
    in_blocks: "je angefangene",
    always: "jederzeit",
    from: "ab",
    to_below: "bis unter",
    below: "unter",
    from_date: "ab dem",
    before_date: "vor dem",
    date_mark: Some('.'),
    decimal_mark: ',',
    colon: ": ",
    energy_used: "geladene Energie",
    power: "Leistung",
    current: "Stromstärke",
    session_time: "Zeit seit dem Start",
    idle_time: "Zeit seit dem Ladeende",
    expired: "wenn die Reservierung ungenutzt verfällt",
    booking: "für eine Buchung",
    first_counts: "Von mehreren Preisen für dasselbe gilt der erste, der zutrifft.",
    at_least: "Ein Ladevorgang kostet mindestens",
    at_most: "Ein Ladevorgang kostet höchstens",
    before_tax: "netto",
    after_tax: "brutto",
    tax_included: "Alle Preise inklusive Steuern.",
    tax_added: "Alle Preise zuzüglich Steuern.",
    tax_none: "Es fallen keine Steuern an.",
    unless_market: "außer wenn der Markt für die Zeit einen Preis hat:",
    idle_withdrawn: (
        "Die Standzeit ist kostenlos, wenn das Laden innerhalb von",
        "weitergeht",
    ),
    idle_only_when_busy: (
        "Die Standzeit kostet nur, solange mindestens",
        "% der Plätze am Standort belegt sind; sind es weniger oder ist die Belegung nicht veröffentlicht, ist sie kostenlos",
    ),
    idle_at_most: "Die Standzeit kostet höchstens",
    in_session: "je Ladevorgang",
    in_day: "je Tag",
    days: ["Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"],
};

const FRENCH: Words = Words {
    energy: "Énergie",
    charging_time: "Temps de recharge",
    parking: "Stationnement après la recharge",
    start_fee: "Frais de démarrage",
    reserved_time: "Réservation",
    reservation_fee: "Frais de réservation",
    per_hour: "/h",
    free: "gratuit",
    tax: "de TVA",
    in_blocks: "par tranche entamée de",
    always: "à tout moment",
    from: "à partir de",
    to_below: "et en dessous de",
    below: "en dessous de",
    from_date: "à partir du",
    before_date: "avant le",
    date_mark: Some('/'),
    decimal_mark: ',',
    colon: " : ",
    energy_used: "énergie consommée",
    power: "puissance",
    current: "courant",
    session_time: "temps depuis le début",
    idle_time: "temps depuis la fin de la recharge",
    expired: "si la réservation expire sans être utilisée",
    booking: "pour une réservation anticipée",
    first_counts: "Si plusieurs prix concernent la même chose, le premier qui s'applique compte.",
    at_least: "Une session coûte au moins",
    at_most: "Une session coûte au plus",
    before_tax: "hors taxes",
    after_tax: "toutes taxes comprises",
    tax_included: "Les prix s'entendent toutes taxes comprises.",
    tax_added: "Les prix s'entendent hors taxes.",
    tax_none: "Aucune taxe ne s'applique.",
    unless_market: "sauf si le marché a un prix pour ce moment :",
    idle_withdrawn: (
        "Le stationnement est gratuit si la recharge reprend dans un délai de",
        "",
    ),
    idle_only_when_busy: (
        "Le stationnement n'est payant que lorsqu'au moins",
        "% des places du site sont occupées ; il est gratuit s'il y en a moins ou si l'occupation n'est pas publiée",
    ),
    idle_at_most: "Le stationnement coûte au plus",
    in_session: "par session",
    in_day: "par jour",
    days: ["lun", "mar", "mer", "jeu", "ven", "sam", "dim"],
};

const DUTCH: Words = Words {
    energy: "Energie",
    charging_time: "Laadtijd",
    parking: "Parkeren na het laden",
    start_fee: "Starttarief",
    reserved_time: "Reservering",
    reservation_fee: "Reserveringskosten",
    per_hour: "/u",
    free: "gratis",
    tax: "btw",
    in_blocks: "per begonnen",
    always: "altijd",
    from: "vanaf",
    to_below: "tot onder",
    below: "onder",
    from_date: "vanaf",
    before_date: "vóór",
    date_mark: Some('-'),
    decimal_mark: ',',
    colon: ": ",
    energy_used: "geladen energie",
    power: "vermogen",
    current: "stroom",
    session_time: "tijd sinds de start",
    idle_time: "tijd sinds het einde van het laden",
    expired: "als de reservering ongebruikt verloopt",
    booking: "voor een boeking",
    first_counts: "Van meerdere prijzen voor hetzelfde geldt de eerste die van toepassing is.",
    at_least: "Een sessie kost minstens",
    at_most: "Een sessie kost hoogstens",
    before_tax: "exclusief btw",
    after_tax: "inclusief btw",
    tax_included: "De prijzen zijn inclusief btw.",
    tax_added: "De prijzen zijn exclusief btw.",
    tax_none: "Er is geen btw verschuldigd.",
    unless_market: "tenzij de markt voor die tijd een prijs heeft:",
    idle_withdrawn: ("Parkeren is gratis als het laden binnen", "wordt hervat"),
    idle_only_when_busy: (
        "Parkeren kost alleen geld zolang minstens",
        "% van de plaatsen op de locatie bezet is; het is gratis als het er minder zijn of de bezetting niet is gepubliceerd",
    ),
    idle_at_most: "Parkeren kost hoogstens",
    in_session: "per sessie",
    in_day: "per dag",
    days: ["ma", "di", "wo", "do", "vr", "za", "zo"],
};
