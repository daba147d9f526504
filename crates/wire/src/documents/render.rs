//! Reference data back to canonical JSON: what travels inside other records.

use super::canonical_json;
use serde_json::{Value, json};
use wattledger_domain::cost::{
    Half, Rounding, RoundingOrder, StartFee, StepRule, SuspendedByStation, UsageRules,
};
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::reference::{
    CollectionPolicy, Content, HoldPolicy, LegalEntity, Plausibility, Policy, UntrustedClock,
};

/// The canonical text of a seller or policy, every default written out; other kinds travel as the
/// text they came with and give their bare id here.
#[must_use]
pub fn text_of(content: &Content) -> String {
    match content {
        Content::Policy(value) => policy_text(value),
        Content::LegalEntity(entity) => legal_entity_text(entity),
        Content::Site(_)
        | Content::Station(_)
        | Content::Tariff(_)
        | Content::TariffAssignment(_)
        | Content::Account(_)
        | Content::MarketPrices(_)
        | Content::DeviceProfile(_)
        | Content::SiteOccupancy(_)
        | Content::Token(_) => canonical_json(&json!({ "id": content.id(), "spec": {} })),
    }
}

/// The canonical text of a policy.
pub fn policy_text(value: &Policy) -> String {
    document(value.id.as_str(), |spec| policy(spec, value))
}

/// The canonical text of a seller.
pub fn legal_entity_text(entity: &LegalEntity) -> String {
    document(entity.id.as_str(), |spec| legal_entity(spec, entity))
}

/// Writes objects straight to text: a bill is written with its seller and policy each time, and going
/// through a tree of values took 16 us a document. Fields come in order of name, as canonical JSON
/// wants; a test reads every text back and compares.
struct Writer(String);

fn document(id: &str, spec: impl FnOnce(&mut Writer)) -> String {
    let mut writer = Writer(String::with_capacity(1_024));
    writer.0.push('{');
    writer.text("id", id);
    writer.object("spec", spec);
    writer.0.push('}');
    writer.0
}

impl Writer {
    fn name(&mut self, name: &str) {
        if !self.0.ends_with('{') {
            self.0.push(',');
        }
        self.0.push('"');
        self.0.push_str(name);
        self.0.push_str("\":");
    }

    fn number(&mut self, name: &str, number: i64) {
        self.name(name);
        self.0.push_str(&number.to_string());
    }

    fn seconds(&mut self, name: &str, span: Milliseconds) {
        self.number(name, span.0.checked_div(1_000).unwrap_or_default());
    }

    fn text(&mut self, name: &str, text: &str) {
        self.name(name);
        self.0.push_str(&Value::from(text).to_string());
    }

    fn texts(&mut self, name: &str, texts: &[Box<str>]) {
        self.name(name);
        let texts: Vec<Value> = texts.iter().map(|text| Value::from(&**text)).collect();
        self.0.push_str(&Value::from(texts).to_string());
    }

    fn object(&mut self, name: &str, fields: impl FnOnce(&mut Self)) {
        self.name(name);
        self.0.push('{');
        fields(self);
        self.0.push('}');
    }
}

fn policy(spec: &mut Writer, policy: &Policy) {
    spec.object("collection", |inner| collection(inner, policy.collection));
    spec.seconds("correctionWindowSeconds", policy.correction_window);
    spec.object("hold", |inner| hold(inner, policy.hold));
    spec.seconds("inferredEndHoldSeconds", policy.inferred_end_hold);
    spec.object("plausibility", |inner| {
        plausibility(inner, policy.plausibility)
    });
    spec.object("rounding", |inner| rounding(inner, policy.rounding));
    spec.seconds("settlingGraceSeconds", policy.settling_grace);
    // Builds that do not know the rules read a policy that leaves them as they were.
    if policy.usage != UsageRules::default() {
        spec.object("usage", |inner| usage(inner, policy.usage));
    }
}

fn collection(spec: &mut Writer, collection: CollectionPolicy) {
    spec.number("chargeMinimumMinor", collection.charge_minimum_minor);
    spec.number(
        "correctionMinimumMinor",
        collection.correction_minimum_minor,
    );
}

fn hold(spec: &mut Writer, hold: HoldPolicy) {
    spec.number("floorMinor", hold.floor_minor);
    spec.number("incrementMinor", hold.increment_minor);
    spec.number("incrementsMax", i64::from(hold.increments_max));
    spec.number("initialMinor", hold.initial_minor);
    spec.seconds("plugInTimeoutSeconds", hold.plug_in_timeout);
    spec.number("reserveMinor", hold.reserve_minor);
    spec.seconds("rotationMarginSeconds", hold.rotation_margin);
}

fn plausibility(spec: &mut Writer, plausibility: Plausibility) {
    spec.seconds("durationMaxSeconds", plausibility.duration_max);
    spec.number("grossMaxMinor", plausibility.gross_max_minor);
    spec.number("powerPercent", plausibility.power_percent);
    // Left out by default: documents that never said it keep the text that their hash is of.
    match plausibility.untrusted_clock {
        UntrustedClock::Hold => {}
        UntrustedClock::Cheapest => spec.text("untrustedClock", "cheapest"),
    }
    spec.seconds("waiverDurationSeconds", plausibility.waiver_duration);
    let watt_hours = plausibility.waiver_energy.0.checked_div(1_000);
    spec.number("waiverEnergyWh", watt_hours.unwrap_or_default());
}

fn rounding(spec: &mut Writer, rounding: Rounding) {
    let half = match rounding.half {
        Half::Up => "up",
        Half::Even => "even",
        Half::Down => "down",
    };
    let order = match rounding.order {
        RoundingOrder::NetFirst => "net_first",
        RoundingOrder::GrossFirst => "gross_first",
    };
    let steps = match rounding.steps {
        StepRule::OncePerSession => "once_per_session",
        StepRule::Off => "off",
    };
    // Left out by default: documents that never said it keep the text that their hash is of.
    if let Some(cash) = rounding.cash {
        spec.number("cashMinor", cash);
    }
    spec.text("half", half);
    spec.text("order", order);
    if let Some(places) = rounding.places {
        spec.number("places", i64::from(places));
    }
    spec.text("steps", steps);
}

fn usage(spec: &mut Writer, rules: UsageRules) {
    let fee = match rules.start_fee {
        StartFee::Always => "always",
        StartFee::WithEnergy => "with_energy",
    };
    let time = match rules.suspended_by_station {
        SuspendedByStation::Unbilled => "unbilled",
        SuspendedByStation::Time => "time",
        SuspendedByStation::ParkingTime => "parking_time",
    };
    spec.text("startFee", fee);
    spec.text("suspendedByStation", time);
}

fn legal_entity(spec: &mut Writer, entity: &LegalEntity) {
    spec.texts("address", &entity.address);
    spec.text("book", entity.book.as_str());
    spec.text("country", &entity.country);
    spec.text("creditNoteNumber", &entity.credit_note_number);
    spec.text("currency", entity.currency.code());
    spec.text("invoiceNumber", &entity.invoice_number);
    spec.text("name", &entity.name);
    spec.text("policy", entity.policy.as_str());
    spec.text("processor", entity.processor.as_str());
    spec.text("timeZone", &entity.time_zone);
    if let Some(vat_id) = &entity.vat_id {
        spec.text("vatId", vat_id);
    }
}
