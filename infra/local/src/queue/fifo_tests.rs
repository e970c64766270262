use super::*;

const MINUTE: Duration = Duration::from_secs(60);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).expect("a time")
}

fn queue() -> Fifo {
    Fifo::new(FifoSettings { visibility: MINUTE, capacity: 20, ..FifoSettings::default() })
}

fn send(queue: &mut Fifo, group: &str, body: &str) {
    assert_eq!(queue.send(at(0), group, body, body.to_owned()), Sent::Accepted);
}

fn bodies(batch: &[Received]) -> Vec<&str> {
    batch.iter().map(|message| message.body.as_str()).collect()
}

#[test]
fn a_batch_is_filled_from_one_group_and_then_the_next() {
    let mut queue = queue();
    for (group, body) in [("a", "1"), ("b", "2"), ("a", "3"), ("c", "4")] {
        send(&mut queue, group, body);
    }
    assert_eq!(bodies(&queue.receive(at(0), 3)), ["1", "3", "2"]);
    assert_eq!(bodies(&queue.receive(at(0), 3)), ["4"]);
    assert_eq!((queue.waiting(), queue.in_flight()), (0, 4));
}

#[test]
fn nothing_of_a_group_comes_while_something_of_it_is_in_flight() {
    let mut queue = queue();
    send(&mut queue, "a", "1");
    let first = queue.receive(at(0), 10);
    send(&mut queue, "a", "2");
    assert!(queue.receive(at(0), 10).is_empty());
    assert!(queue.delete(at(0), first[0].receipt));
    assert_eq!(bodies(&queue.receive(at(0), 10)), ["2"]);
}

#[test]
fn what_was_not_deleted_comes_again_in_its_old_order() {
    let mut queue = queue();
    for body in ["1", "2", "3", "4"] {
        send(&mut queue, "a", body);
    }
    let batch = queue.receive(at(0), 3);
    assert!(queue.delete(at(0), batch[1].receipt));
    assert!(queue.change_visibility(at(0), batch[2].receipt, Duration::ZERO));
    assert!(queue.receive(at(59), 10).is_empty(), "the first is in flight still");
    let again = queue.receive(at(60), 10);
    assert_eq!(bodies(&again), ["1", "3", "4"]);
    assert_eq!(again.iter().map(|message| message.receives).collect::<Vec<_>>(), [2, 2, 1]);
}

#[test]
fn a_receipt_is_void_once_its_message_became_visible_while_a_handler_still_runs() {
    let mut queue = queue();
    send(&mut queue, "a", "1");
    let slow = queue.receive(at(0), 1);
    assert_eq!(queue.next_visible(), Some(at(60)));
    let other = queue.receive(at(61), 1);
    assert_eq!(bodies(&other), ["1"]);
    assert!(!queue.delete(at(62), slow[0].receipt));
    assert!(queue.delete(at(62), other[0].receipt));
}

#[test]
fn a_deduplication_id_counts_for_five_minutes_also_after_delivery_and_deletion() {
    let mut queue = queue();
    send(&mut queue, "a", "1");
    let batch = queue.receive(at(0), 1);
    assert!(queue.delete(at(0), batch[0].receipt));
    assert_eq!(queue.send(at(299), "a", "1", "again".into()), Sent::Duplicate);
    assert!(queue.receive(at(299), 1).is_empty());
    assert_eq!(queue.send(at(300), "a", "1", "again".into()), Sent::Accepted);
    assert_eq!(bodies(&queue.receive(at(300), 1)), ["again"]);
}

#[test]
fn a_message_received_five_times_is_a_dead_letter_and_holds_up_nobody() {
    let mut queue = queue();
    send(&mut queue, "a", "bad");
    for time in 1..=5 {
        let batch = queue.receive(at(time), 1);
        assert_eq!(bodies(&batch), ["bad"]);
        assert!(queue.change_visibility(at(time), batch[0].receipt, Duration::ZERO));
    }
    send(&mut queue, "a", "good");
    assert_eq!(bodies(&queue.receive(at(6), 1)), ["good"]);
    assert_eq!(queue.dead_letters(), (1, vec!["bad".into()]));
}

#[test]
fn a_full_queue_refuses_and_forgets_nothing() {
    let mut queue = queue();
    for number in 0..20 {
        send(&mut queue, "a", &number.to_string());
    }
    assert_eq!(queue.send(at(0), "a", "more", "more".into()), Sent::Full);
    let batch = queue.receive(at(0), 1);
    assert!(queue.delete(at(0), batch[0].receipt));
    assert_eq!(
        queue.send(at(0), "a", "more", "more".into()),
        Sent::Accepted,
        "a refused id was not remembered"
    );
    assert_eq!(queue.waiting(), 20);
}

#[test]
fn an_empty_queue_keeps_no_groups() {
    let mut queue = queue();
    for number in 0..20 {
        send(&mut queue, &number.to_string(), &number.to_string());
    }
    for message in queue.receive(at(0), 20) {
        assert!(queue.delete(at(0), message.receipt));
    }
    assert!(queue.groups.is_empty() && queue.ready.is_empty());
}
