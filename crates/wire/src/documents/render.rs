//! Reference data back to canonical JSON: what travels inside other records.

use super::canonical_json;
use serde_json::{Value, json};
use wattledger_domain::cost::{Half, RoundingOrder, StepRule};
use wattledger_domain::reference::{Content, LegalEntity, Policy};

/// The canonical text of a seller or policy, every default written out; other kinds travel as the
/// text they came with and give their bare id here.
#[must_use]
pub fn text_of(content: &Content) -> String {
    let spec = match content {
        Content::Policy(policy) => policy_spec(policy),
        Content::LegalEntity(entity) => legal_entity_spec(entity),
        Content::Site(_)
        | Content::Station(_)
        | Content::Tariff(_)
        | Content::TariffAssignment(_)
        | Content::Account(_)
        | Content::Token(_) => json!({}),
    };
    canonical_json(&json!({ "id": content.id(), "spec": spec }))
}

fn seconds(span: wattledger_domain::quantity::Milliseconds) -> i64 {
    span.0.checked_div(1_000).unwrap_or_default()
}

fn policy_spec(policy: &Policy) -> Value {
    json!({
        "rounding": {
            "order": match policy.rounding.order {
                RoundingOrder::NetFirst => "net_first",
                RoundingOrder::GrossFirst => "gross_first",
            },
            "half": match policy.rounding.half {
                Half::Up => "up",
                Half::Even => "even",
                Half::Down => "down",
            },
            "steps": match policy.rounding.steps {
                StepRule::OncePerSession => "once_per_session",
                StepRule::Off => "off",
            },
        },
        "hold": {
            "initialMinor": policy.hold.initial_minor,
            "floorMinor": policy.hold.floor_minor,
            "incrementMinor": policy.hold.increment_minor,
            "incrementsMax": policy.hold.increments_max,
            "reserveMinor": policy.hold.reserve_minor,
            "plugInTimeoutSeconds": seconds(policy.hold.plug_in_timeout),
            "rotationMarginSeconds": seconds(policy.hold.rotation_margin),
        },
        "collection": {
            "chargeMinimumMinor": policy.collection.charge_minimum_minor,
            "correctionMinimumMinor": policy.collection.correction_minimum_minor,
        },
        "plausibility": {
            "powerPercent": policy.plausibility.power_percent,
            "durationMaxSeconds": seconds(policy.plausibility.duration_max),
            "grossMaxMinor": policy.plausibility.gross_max_minor,
            "waiverEnergyWh": policy.plausibility.waiver_energy.0.checked_div(1_000),
            "waiverDurationSeconds": seconds(policy.plausibility.waiver_duration),
        },
        "settlingGraceSeconds": seconds(policy.settling_grace),
        "inferredEndHoldSeconds": seconds(policy.inferred_end_hold),
        "correctionWindowSeconds": seconds(policy.correction_window),
    })
}

fn legal_entity_spec(entity: &LegalEntity) -> Value {
    let mut spec = json!({
        "name": entity.name,
        "address": entity.address,
        "country": entity.country,
        "timeZone": entity.time_zone,
        "currency": entity.currency.code(),
        "book": entity.book.as_str(),
        "invoiceNumber": entity.invoice_number,
        "creditNoteNumber": entity.credit_note_number,
        "policy": entity.policy.as_str(),
        "processor": entity.processor.as_str(),
    });
    if let Some(vat_id) = &entity.vat_id {
        spec["vatId"] = vat_id.as_ref().into();
    }
    spec
}
