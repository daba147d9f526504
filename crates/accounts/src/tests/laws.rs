//! Laws that hold for every order and every fortune.

use super::processor::Processor;
use super::world::*;
use crate::bill::Means;
use crate::payment::Phase;
use proptest::prelude::*;
use wattledger_domain::accounts::AccountRecord;
use wattledger_domain::payment::{OutcomeResult, OutcomeVia};

/// A session that was rated, its capture in flight, and news of the capture by call and webhook.
fn news() -> (World, Vec<AccountRecord>) {
    let mut world = World::charging_guest(5_000, 168);
    world.rate(1, 1_000);
    let payment = world.payments().remove(0);
    let about = |attempt| (&payment, 2, attempt);
    let captured = || OutcomeResult::Captured {
        captured: eur(1_000),
        released: eur(4_000),
    };
    let webhook = |event: &str| OutcomeVia::Webhook(event.into());
    let (dispute, amount) = ("d1".into(), eur(1_000));
    let opened = OutcomeResult::DisputeOpened { dispute, amount };
    let dispute = "d1".into();
    let won = OutcomeResult::DisputeWon { dispute };
    let detail = "slow".into();
    let unknown = OutcomeResult::Unknown { detail };
    let account = &world.account;
    let news = vec![
        outcome(account, about(1), OutcomeVia::Call, captured()),
        outcome(account, about(1), OutcomeVia::Call, unknown),
        outcome(account, about(0), webhook("e1"), captured()),
        outcome(account, about(0), webhook("e2"), captured()),
        outcome(account, about(0), webhook("e3"), opened),
        outcome(account, about(0), webhook("e4"), won),
    ];
    (world, news)
}

/// One day in the life of a guest: costs, ratings, numbers, time and messages as they fall.
fn live(fates: &[u8]) -> (World, Processor) {
    let mut fates = fates.iter().copied();
    let mut world = World::guest();
    let mut processor = Processor::default();
    world.pin(Some(card()), None);
    world.open(Some(authorization()));
    let mut version = 0;
    while let Some(action) = fates.next() {
        let size = fates.next().unwrap_or(0);
        match action % 8 {
            0 => {
                world.pass(i64::from(size) * MINUTE);
            }
            1 if version == 0 => {
                let gross = i64::from(size) * 40;
                world.cost(gross, gross + 100);
            }
            2 => {
                version += 1;
                world.rate(version, i64::from(size) * 50);
            }
            3 => {
                world.issue();
            }
            _ => {
                processor.say(&mut world, size);
            }
        }
        processor.work(&world, &mut || fates.next().unwrap_or(255));
    }
    if version == 0 {
        world.rate(1, 3_210);
    }
    settle_down(&mut world, &mut processor);
    (world, processor)
}

/// Until nothing is to be said, numbered or tried any more.
fn settle_down(world: &mut World, processor: &mut Processor) {
    for _ in 0..60 {
        processor.work(world, &mut || 255);
        while processor.say(world, 0) {
            processor.work(world, &mut || 255);
        }
        world.issue().pass(DAY);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Law: outcomes commute, and each counts once however often it comes.
    #[test]
    fn any_order_and_number_of_the_same_news_leaves_the_same_account_behind(
        order in Just((0..6_usize).chain(0..6).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let (mut straight, told) = news();
        for message in &told {
            straight.fold(message.clone());
        }
        let (mut shuffled, told) = news();
        for index in order {
            shuffled.fold(told[index].clone());
        }
        prop_assert_eq!(&straight.state.entities, &shuffled.state.entities);
        let captures = shuffled.commands().filter(|command| command.op == 2).count();
        prop_assert_eq!(captures, 1);
    }

    /// Law: whatever the processor does and in whichever order it says so, our ledger ends as its
    /// own, nothing stays held, and what is due was captured, written off, or is open for a reason.
    #[test]
    fn whatever_happens_our_ledger_ends_as_the_processors(
        fates in proptest::collection::vec(any::<u8>(), 0..120),
    ) {
        let (world, processor) = live(&fates);
        for (n, id) in world.payments().iter().enumerate() {
            let payment = world.payment(n + 1);
            let books = processor.books.get(id).copied().unwrap_or_default();
            prop_assert!(payment.flight.is_quiet(), "{:?}", payment);
            prop_assert_eq!(payment.captured.minor, books.captured, "{:?}", payment);
            prop_assert_eq!(payment.refunded.minor, books.refunded, "{:?}", payment);
        }
        let billed = world.billed().unwrap();
        let stuck = world.effects().iter().any(|effect| matches!(effect, crate::Effect::Alert(_)));
        let open = billed.balance.receivable.minor;
        let credit = billed.balance.written_off.minor > 0 && open < 0;
        prop_assert!(open <= 0 || billed.means == Means::Exhausted, "{:?}", billed);
        prop_assert!(open >= 0 || stuck || credit, "{:?}", billed);
        for n in 1..=world.payments().len() {
            let payment = world.payment(n);
            let void_failed = matches!(payment.phase, Phase::Held(_));
            prop_assert!(!void_failed || payment.wish == crate::payment::Wish::Keep);
        }
    }
}
