//! Finds the parts of a session's story.

use super::{
    CommandRow, EntryRow, PaymentRow, PeriodRow, PostingRow, RatedVersion, SessionStory, StepRow,
    StoryItem, StoryPart,
};
use crate::error::ViewError;
use crate::query::event::{EventRow, OutcomeRow};
use crate::query::invoice::{InvoiceRow, with_lines};
use crate::query::review::{decisions, proposal};
use crate::query::rows;
use crate::query::session::{HeldRow, SessionRow, held_sql};
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use wattledger_domain::time::Timestamp;

/// Chargers use transaction ids again (OCPP 1.6 after a boot): one that an event names means this
/// session only within a day of it.
const TRANSACTION_MARGIN_MS: i64 = 86_400_000;

/// What a session can be recognised by in records that do not name it.
#[derive(Clone, Debug, Default)]
struct Traits {
    station: String,
    evse: Option<i64>,
    auth_id: Option<String>,
    transaction_id: Option<String>,
    account: Option<String>,
    started_at: i64,
    ended_at: i64,
}

/// Parts gathered so far.
#[derive(Default)]
struct Parts(Vec<StoryItem>);

impl Parts {
    fn add(&mut self, at: i64, part: StoryPart) {
        self.0.push(StoryItem { at, part });
    }
}

/// The payments of a session: those that name it, and those of its guest, whose account is this
/// authorisation's alone. $1 is the session, $2 the guest's account.
macro_rules! of_payments {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            " payment IN (SELECT payment FROM story_items WHERE session = $1
             UNION SELECT payment FROM payments WHERE session = $1
             UNION SELECT payment FROM story_items WHERE account = $2) ",
            $after
        )
    };
}

/// The station of a session that began, waits or was billed.
pub async fn station_of(
    connection: &mut SqliteConnection,
    session: &str,
) -> Result<Option<String>, ViewError> {
    const SQL: &str = "SELECT station FROM sessions WHERE session = $1
        UNION ALL SELECT station FROM held_sessions WHERE session = $1
        UNION ALL SELECT station FROM story_items WHERE session = $1 AND kind = 'opened' LIMIT 1";
    let row = sqlx::query(SQL).bind(session);
    let row = row.fetch_optional(connection).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// The story of a session, or `None` when nothing is known of it.
pub async fn of_session(
    connection: &mut SqliteConnection,
    session: &str,
) -> Result<Option<SessionStory>, ViewError> {
    const NEWEST: &str = "SELECT * FROM sessions WHERE session = $1";
    const HELD: &str =
        held_sql!("held_sessions h WHERE h.session = $1 ORDER BY h.held_at, h.round");
    let rated = rows!(SessionRow, connection, NEWEST, session)?.pop();
    let held = rows!(HeldRow, connection, HELD, session)?;
    let time_zone = time_zone(connection, rated.as_ref(), held.last()).await?;
    let mut parts = Parts::default();
    let traits = traits(connection, session, rated.as_ref(), held.last()).await?;
    if let Some(traits) = &traits {
        field(connection, session, traits, &mut parts).await?;
    }
    let guest = traits.as_ref().and_then(|traits| traits.account.as_deref());
    let guest = guest.filter(|account| account.starts_with("guest:"));
    let traits = traits.clone().unwrap_or_default();
    recorded(connection, session, guest, &traits, &mut parts).await?;
    versions(connection, session, &mut parts).await?;
    money(connection, session, guest, &mut parts).await?;
    for decided in decisions(connection, session).await? {
        parts.add(decided.carried_out_at, StoryPart::Decided(decided));
    }
    for held in held {
        parts.add(held.held_at, StoryPart::Held(held));
    }
    let mut items = parts.0;
    if items.is_empty() {
        return Ok(None);
    }
    items.sort_by_key(|item| (item.at, item.part.rank()));
    Ok(Some(SessionStory {
        session: session.to_owned(),
        time_zone,
        rated,
        items,
    }))
}

/// The zone of the site by the newest rating, else by what was proposed to a person.
async fn time_zone(
    connection: &mut SqliteConnection,
    rated: Option<&SessionRow>,
    held: Option<&HeldRow>,
) -> Result<Option<String>, ViewError> {
    let (None, Some(held)) = (rated, held) else {
        return Ok(rated.map(|rated| rated.time_zone.clone()));
    };
    let proposal = proposal(connection, held).await?;
    let zone = proposal.as_ref().map(|proposal| &proposal["time_zone"]);
    Ok(zone.and_then(|zone| zone.as_str()).map(str::to_owned))
}

async fn traits(
    connection: &mut SqliteConnection,
    session: &str,
    rated: Option<&SessionRow>,
    held: Option<&HeldRow>,
) -> Result<Option<Traits>, ViewError> {
    const OPENED: &str = "SELECT station, auth_id, account, happened_at FROM story_items \
                          WHERE session = $1 AND kind = 'opened'";
    if let Some(rated) = rated {
        return Ok(Some(Traits {
            station: rated.station.clone(),
            evse: Some(rated.evse),
            auth_id: rated.auth_id.clone(),
            transaction_id: rated.transaction_id.clone(),
            account: Some(rated.account.clone()),
            started_at: rated.started_at,
            ended_at: rated.ended_at,
        }));
    }
    if let Some(held) = held {
        return Ok(Some(Traits {
            station: held.station.clone(),
            auth_id: held.auth_id.clone(),
            account: Some(held.account.clone()),
            started_at: held.started_at,
            ended_at: held.ended_at,
            ..Traits::default()
        }));
    }
    let opened = sqlx::query(OPENED)
        .bind(session)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = opened else { return Ok(None) };
    Ok(Some(Traits {
        station: row.try_get("station")?,
        auth_id: row.try_get("auth_id")?,
        account: row.try_get("account")?,
        started_at: row.try_get("happened_at")?,
        ended_at: Timestamp::LATEST.0,
        ..Traits::default()
    }))
}

/// Field events, and what became of events that was reported with the session.
async fn field(
    connection: &mut SqliteConnection,
    session: &str,
    traits: &Traits,
    parts: &mut Parts,
) -> Result<(), ViewError> {
    const EVENTS: &str = "SELECT * FROM events WHERE station = $1 AND (auth_id = $2 \
        OR (transaction_id = $3 AND occurred_at >= $4 - $7 AND occurred_at <= $5 + $7) \
        OR (occurred_at >= $4 AND occurred_at <= $5 \
        AND auth_id IS NULL AND (transaction_id IS NULL OR $3 IS NULL) \
        AND (evse IS NULL OR $6 IS NULL OR evse = $6))) \
        ORDER BY occurred_at, topic, partition_number, record_offset";
    let found = rows!(
        EventRow,
        connection,
        EVENTS,
        &*traits.station,
        traits.auth_id.as_deref(),
        traits.transaction_id.as_deref(),
        traits.started_at,
        traits.ended_at,
        traits.evse,
        TRANSACTION_MARGIN_MS,
    )?;
    for event in found {
        parts.add(event.occurred_at, StoryPart::Event(event));
    }
    const OUTCOMES: &str = "SELECT * FROM outcomes WHERE session = $1 \
                            ORDER BY judged_at, topic, partition_number, record_offset";
    for outcome in rows!(OutcomeRow, connection, OUTCOMES, session)? {
        parts.add(outcome.judged_at, StoryPart::Outcome(outcome));
    }
    Ok(())
}

/// Items told only here, and charger commands.
async fn recorded(
    connection: &mut SqliteConnection,
    session: &str,
    guest: Option<&str>,
    traits: &Traits,
    parts: &mut Parts,
) -> Result<(), ViewError> {
    const ITEMS: &str = of_payments!(
        "SELECT kind, happened_at, body FROM story_items WHERE session = $1
         OR (station = $3 AND auth_id = $4) OR",
        "ORDER BY happened_at, topic, partition_number, record_offset"
    );
    const COMMANDS: &str = "SELECT * FROM commands WHERE session = $1 \
                            OR (station = $2 AND auth_id = $3) \
                            ORDER BY ordered_at, topic, partition_number, record_offset";
    let (station, authorization) = (&*traits.station, traits.auth_id.as_deref());
    let items = sqlx::query(ITEMS)
        .bind(session)
        .bind(guest)
        .bind(station)
        .bind(authorization)
        .fetch_all(&mut *connection)
        .await?;
    for item in &items {
        let (at, part) = part_of(item)?;
        parts.add(at, part);
    }
    for command in rows!(
        CommandRow,
        connection,
        COMMANDS,
        session,
        station,
        authorization
    )? {
        parts.add(command.ordered_at, StoryPart::Command(command));
    }
    Ok(())
}

fn part_of(row: &SqliteRow) -> Result<(i64, StoryPart), ViewError> {
    let body = serde_json::from_str(row.try_get("body")?)?;
    let part = match row.try_get("kind")? {
        "authorization" => StoryPart::Authorization(body),
        "opened" => StoryPart::Opened(body),
        "payment_command" => StoryPart::PaymentCommand(body),
        "payment_outcome" => StoryPart::PaymentOutcome(body),
        _ => StoryPart::RunningCost(body),
    };
    Ok((row.try_get("happened_at")?, part))
}

async fn versions(
    connection: &mut SqliteConnection,
    session: &str,
    parts: &mut Parts,
) -> Result<(), ViewError> {
    const VERSIONS: &str = "SELECT * FROM session_versions WHERE session = $1 ORDER BY version";
    const STEPS: &str =
        "SELECT * FROM priced_steps WHERE session = $1 AND version = $2 ORDER BY ordinal";
    const PERIODS: &str =
        "SELECT * FROM charging_periods WHERE session = $1 AND version = $2 ORDER BY ordinal";
    for version in rows!(SessionRow, connection, VERSIONS, session)? {
        let steps = rows!(StepRow, connection, STEPS, session, version.version)?;
        let periods = rows!(PeriodRow, connection, PERIODS, session, version.version)?;
        let rated = RatedVersion {
            session: version,
            steps,
            periods,
        };
        parts.add(rated.session.rated_at, StoryPart::Rated(Box::new(rated)));
    }
    Ok(())
}

/// Documents, movements of money and journal entries.
async fn money(
    connection: &mut SqliteConnection,
    session: &str,
    guest: Option<&str>,
    parts: &mut Parts,
) -> Result<(), ViewError> {
    const DOCUMENTS: &str = "SELECT * FROM invoices WHERE session = $1 \
                             ORDER BY issued_at, session_version, sign, invoice";
    const PAYMENTS: &str = of_payments!(
        "SELECT * FROM payments WHERE",
        "ORDER BY moved_at, payment, op, movement"
    );
    for head in rows!(InvoiceRow, connection, DOCUMENTS, session)? {
        let document = with_lines(connection, head).await?;
        parts.add(
            document.head.issued_at,
            StoryPart::Document(Box::new(document)),
        );
    }
    for payment in rows!(PaymentRow, connection, PAYMENTS, session, guest)? {
        parts.add(payment.moved_at, StoryPart::Payment(payment));
    }
    for entry in entries(connection, session, guest).await? {
        parts.add(entry.entered_at, StoryPart::Entry(entry));
    }
    Ok(())
}

/// The journal entries that name a session, in order of the book.
pub async fn entries_of_session(
    connection: &mut SqliteConnection,
    session: &str,
) -> Result<Vec<EntryRow>, ViewError> {
    entries(connection, session, None).await
}

async fn entries(
    connection: &mut SqliteConnection,
    session: &str,
    guest: Option<&str>,
) -> Result<Vec<EntryRow>, ViewError> {
    const ENTRIES: &str = of_payments!(
        "SELECT * FROM journal_entries WHERE session = $1 OR",
        "ORDER BY book, sequence"
    );
    const POSTINGS: &str = "SELECT * FROM postings WHERE entry = $1 ORDER BY ordinal";
    let found = sqlx::query(ENTRIES)
        .bind(session)
        .bind(guest)
        .fetch_all(&mut *connection)
        .await?;
    let mut entries = Vec::with_capacity(found.len());
    for row in &found {
        let entry: String = row.try_get("entry")?;
        let postings = rows!(PostingRow, connection, POSTINGS, &*entry)?;
        entries.push(EntryRow {
            entry,
            book: row.try_get("book")?,
            sequence: row.try_get("sequence")?,
            cause: row.try_get("cause")?,
            invoice: row.try_get("invoice")?,
            payment: row.try_get("payment")?,
            op: row.try_get("op")?,
            entered_at: row.try_get("entered_at")?,
            postings,
        });
    }
    Ok(entries)
}
