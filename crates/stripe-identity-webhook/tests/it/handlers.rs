use std::sync::Arc;
use std::thread;

use stripe_identity_webhook::types::{EventId, EventType, ThinEventType};
use stripe_identity_webhook::{Delivery, Handled, Handlers, HandlersBuilder, MemorySeen, Seen as _, WebhookError};

fn event(id: &str, type_: &str) -> Delivery {
    let kind = if type_.starts_with("v1.") { "v2.core.event" } else { "event" };
    let json = format!(r#"{{"id": "{id}", "object": "{kind}", "type": "{type_}", "livemode": false}}"#);
    Delivery::from_slice(json.as_bytes()).unwrap()
}

const VERIFIED: &str = "identity.verification_session.verified";
const THIN_VERIFIED: &str = "v1.identity.verification_session.verified";

fn by_name() -> HandlersBuilder<&'static str> {
    Handlers::builder()
        .on(EventType::VerificationSessionVerified, |_| "snapshot")
        .on_thin(ThinEventType::VerificationSessionVerified, |_| "thin")
}

#[test]
fn each_type_has_its_function() {
    let handlers = by_name().on("something.new".into(), |_| "new").build().unwrap();
    for (type_, handled) in [
        (VERIFIED, Handled::By("snapshot")),
        (THIN_VERIFIED, Handled::By("thin")),
        ("something.new", Handled::By("new")),
        ("something.else", Handled::NoHandler),
    ] {
        assert_eq!(handlers.handle(event("evt_1", type_)), handled, "{type_}");
    }
}

#[test]
fn the_fallback_takes_the_rest_and_knows_what_has_a_name() {
    let fallback = |event: Delivery| if event.is_known() { "known" } else { "unknown" };
    let handlers = by_name().fallback(fallback).build().unwrap();
    assert_eq!(handlers.handle(event("evt_1", "file.created")), Handled::By("known"));
    assert_eq!(handlers.handle(event("evt_1", "charge.succeeded")), Handled::By("unknown"));
    assert_eq!(handlers.handle(event("evt_1", VERIFIED)), Handled::By("snapshot"));
}

#[test]
fn an_event_is_taken_once_unless_it_is_given_back() {
    let handlers = by_name().once(MemorySeen::default()).build().unwrap();
    let verified = || event("evt_1", VERIFIED);
    assert_eq!(handlers.handle(verified()), Handled::By("snapshot"));
    assert_eq!(handlers.handle(verified()), Handled::Repeated);
    handlers.give_back(&"evt_1".into());
    assert_eq!(handlers.handle(verified()), Handled::By("snapshot"));
    // What nobody takes is not remembered.
    assert_eq!(handlers.handle(event("evt_2", "x")), Handled::NoHandler);
    assert_eq!(handlers.handle(event("evt_2", VERIFIED)), Handled::By("snapshot"));
}

#[test]
fn an_event_whose_function_panics_is_given_back() {
    let fails = std::sync::atomic::AtomicBool::new(true);
    let once = move |_| assert!(!fails.swap(false, std::sync::atomic::Ordering::SeqCst), "the first time");
    let handlers = Handlers::builder().fallback(once).once(MemorySeen::default()).build().unwrap();
    let handle = || handlers.handle(event("evt_1", VERIFIED));
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(handle)).is_err());
    assert_eq!((handle(), handle()), (Handled::By(()), Handled::Repeated));
}

#[test]
fn a_filter_comes_first() {
    let live = |event: &Delivery| matches!(event, Delivery::Event(event) if event.livemode == Some(true));
    let handlers = by_name().filter(live).once(MemorySeen::default()).build().unwrap();
    assert_eq!(handlers.handle(event("evt_1", VERIFIED)), Handled::LeftOut);
    assert_eq!(handlers.handle(event("evt_1", VERIFIED)), Handled::LeftOut);
}

#[test]
fn two_functions_for_one_type_are_refused() {
    let twice = [
        by_name().on(EventType::VerificationSessionVerified, |_| "again").build(),
        by_name().on_thin(ThinEventType::VerificationSessionVerified, |_| "again").build(),
        by_name().fallback(|_| "a").fallback(|_| "b").build(),
        by_name().filter(|_| true).filter(|_| false).build(),
        by_name().once(MemorySeen::default()).once(MemorySeen::default()).build(),
    ];
    for handlers in twice {
        assert_eq!(handlers.unwrap_err(), WebhookError::RegisteredTwice);
    }
}

#[test]
fn memory_has_an_end_and_forgets_the_oldest() {
    let seen = MemorySeen::new(2);
    let id = |number: u32| EventId::new(format!("evt_{number}"));
    assert!(seen.take(&id(1)) && seen.take(&id(2)) && seen.take(&id(3)));
    assert!(!seen.take(&id(3)) && !seen.take(&id(2)) && seen.take(&id(1)));
    assert!(seen.take(&id(2)), "the third pushed it out");
    seen.give_back(&id(2));
    seen.give_back(&id(9));
    assert!(seen.take(&id(2)));
    // What was given back and taken again counts once.
    let seen = MemorySeen::new(2);
    assert!(seen.take(&id(1)));
    seen.give_back(&id(1));
    assert!(seen.take(&id(1)) && seen.take(&id(2)));
    assert!(!seen.take(&id(1)) && !seen.take(&id(2)));
}

#[test]
fn of_the_same_event_at_a_time_one_is_taken() {
    let handlers = Arc::new(by_name().once(MemorySeen::default()).build().unwrap());
    let deal = |_| {
        let handlers = handlers.clone();
        thread::spawn(move || {
            (0..100)
                .filter(|n| handlers.handle(event(&format!("evt_{n}"), VERIFIED)) == Handled::By("snapshot"))
                .count()
        })
    };
    let threads: Vec<_> = (0..8).map(deal).collect();
    assert_eq!(threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>(), 100);
}
