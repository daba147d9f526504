//! What an overlay keeps, in which form, and what it gives up.

use super::*;

/// Commits a turn; what it wrote, in order. An object takes 1,000 bytes in memory and 1 written.
fn turn(overlay: &mut Overlay<u8>) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
    let mut seen: Vec<(Vec<u8>, Option<Vec<u8>>)> = Vec::new();
    let encode = |value: &u8, out: &mut Vec<u8>| out.push(*value);
    let each = |key: &[u8], value: Option<&[u8]>| {
        seen.push((key.to_vec(), value.map(<[u8]>::to_vec)));
        Ok::<(), ()>(())
    };
    overlay.encode_turn(encode, |_, _| 1_000, each).unwrap();
    overlay.turn_done();
    seen
}

#[test]
fn a_turn_and_the_store_each_see_what_they_have_to_take() {
    let mut overlay = Overlay::new(&Budget::of(1 << 20));
    overlay.loaded(b"a", Some(1), 1);
    overlay.put(b"b", Some(2));
    assert_eq!(turn(&mut overlay), [(b"b".to_vec(), Some(vec![2]))]);
    overlay.put(b"a", None);
    assert_eq!(turn(&mut overlay), [(b"a".to_vec(), None)]);
    let unstored: Vec<_> = overlay.unstored().collect();
    assert_eq!(unstored, [(&b"b"[..], Some(&[2_u8][..])), (b"a", None)]);
    overlay.stored();
    assert_eq!(overlay.unstored().count(), 0);
}

/// Ten objects of 1 KB each, and a budget of so many.
fn ten(budget: &Arc<Budget>) -> Overlay<u8> {
    let mut overlay = Overlay::new(budget);
    for key in 0..10_u8 {
        overlay.loaded(&[key], Some(key), 1_000 - Overlay::<u8>::SLOT);
    }
    overlay.held.show();
    overlay
}

#[test]
fn a_cache_within_its_budget_keeps_everything() {
    let budget = Budget::of(11_000);
    let mut overlay = ten(&budget);
    for _ in 0..100 {
        overlay.stored();
    }
    assert_eq!(overlay.slots.len(), 10);
}

#[test]
fn a_cache_over_its_budget_drops_what_was_not_used_lately_and_is_stored() {
    let budget = Budget::of(4_000);
    let mut overlay = ten(&budget);
    let get = |overlay: &mut Overlay<u8>, key: u8| {
        let place = overlay.place(&[key])?;
        overlay.get(place).copied()
    };
    for value in 90..93 {
        overlay.put(&[0], Some(value));
        overlay.turn_done();
        assert_eq!(get(&mut overlay, 1), Some(1));
        overlay.stored();
    }
    overlay.put(&[0], Some(98));
    assert_eq!(overlay.slots.len(), 2);
    assert!(budget.held() < 4_000, "{}", budget.held());
    assert_eq!(get(&mut overlay, 0), Some(98));
    assert_eq!(get(&mut overlay, 9), None);
    assert!(overlay.unstored().count() == 1);
}

#[test]
fn overlays_share_a_budget_and_give_it_back() {
    let budget = Budget::of(15_000);
    let (first, mut second) = (ten(&budget), ten(&budget));
    for _ in 0..50 {
        second.stored();
    }
    assert!(second.slots.is_empty());
    assert!(budget.held() > 9_000);
    drop(first);
    assert_eq!(budget.held(), 0);
}

/// Two objects that a turn has changed, and a third that it has only read, with that much room.
fn changed(budget: &Arc<Budget>) -> Overlay<u8> {
    let mut overlay = Overlay::new(budget);
    overlay.loaded(b"r", Some(7), 1_000);
    overlay.held.show();
    overlay.put(b"a", Some(1));
    overlay.put(b"b", None);
    turn(&mut overlay);
    overlay
}

fn at<'a>(overlay: &'a mut Overlay<u8>, key: &[u8]) -> (Option<&'a u8>, Option<Vec<u8>>) {
    let place = overlay.place(key).unwrap();
    let resting = overlay.resting(place).map(<[u8]>::to_vec);
    (overlay.get(place), resting)
}

#[test]
fn with_room_everything_stays_decoded() {
    let mut overlay = changed(&Budget::of(10_000));
    assert_eq!(at(&mut overlay, b"a"), (Some(&1), None));
    assert_eq!(at(&mut overlay, b"r"), (Some(&7), None));
}

#[test]
fn when_it_is_narrow_what_was_changed_rests_as_it_was_committed() {
    let budget = Budget::of(1_200);
    let mut overlay = changed(&budget);
    assert_eq!(at(&mut overlay, b"a"), (None, Some(vec![1])));
    assert_eq!(at(&mut overlay, b"b"), (None, None));
    assert_eq!(at(&mut overlay, b"r"), (Some(&7), None));
    assert!(
        budget.held() < 1_100 + 3 * Overlay::<u8>::SLOT,
        "{}",
        budget.held()
    );
    let unstored: Vec<_> = overlay.unstored().collect();
    assert_eq!(unstored, [(&b"a"[..], Some(&[1_u8][..])), (b"b", None)]);
}

#[test]
fn what_rests_survives_the_store_and_is_decoded_when_it_is_asked_for() {
    let mut overlay = changed(&Budget::of(1_200));
    overlay.stored();
    let place = overlay.place(b"a").unwrap();
    assert_eq!(overlay.resting(place), Some(&[1_u8][..]));
    overlay.wake(place, 1, 1_000);
    assert_eq!(overlay.resting(place), None);
    assert_eq!(overlay.unstored().count(), 0);
    assert_eq!(overlay.take(place), Some(1));
    overlay.put(b"a", Some(2));
    assert_eq!(turn(&mut overlay), [(b"a".to_vec(), Some(vec![2]))]);
    assert_eq!(at(&mut overlay, b"a"), (None, Some(vec![2])));
}

#[test]
fn what_was_woken_and_not_changed_is_still_owed_to_the_store() {
    let mut overlay = changed(&Budget::of(1_200));
    let place = overlay.place(b"a").unwrap();
    overlay.wake(place, 1, 1_000);
    let unstored: Vec<_> = overlay.unstored().collect();
    assert_eq!(unstored, [(&b"a"[..], Some(&[1_u8][..])), (b"b", None)]);
}

#[test]
fn what_rests_can_be_replaced_and_deleted() {
    let mut overlay = changed(&Budget::of(1_200));
    overlay.put(b"a", None);
    assert_eq!(turn(&mut overlay), [(b"a".to_vec(), None)]);
    assert_eq!(at(&mut overlay, b"a"), (None, None));
}
