use std::future::Future as _;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread;

use stripe_identity_webhook::types::{EventId, EventType, ThinEventType};
use stripe_identity_webhook::{
    Delivery, Handled, Handlers, HandlersBuilder, MemorySeen, Seen as _, Taken, WebhookError,
};

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

/// Whether an event is new; if so, it is dealt with.
fn is_new(seen: &MemorySeen, number: u32) -> bool {
    let id = EventId::new(format!("evt_{number}"));
    let taken = seen.take(&id);
    if taken == Taken::Now {
        assert_eq!(seen.take(&id), Taken::InProgress);
        seen.finish(&id);
    }
    taken == Taken::Now
}

#[test]
fn memory_has_an_end_and_forgets_the_oldest() {
    let seen = MemorySeen::new(2);
    assert!([1, 2, 3].into_iter().all(|number| is_new(&seen, number)));
    assert!(!is_new(&seen, 3) && !is_new(&seen, 2) && is_new(&seen, 1));
    assert!(is_new(&seen, 2), "the third pushed it out");
    seen.give_back(&"evt_2".into());
    seen.give_back(&"evt_9".into());
    assert!(is_new(&seen, 2) && !is_new(&seen, 1));
    // What was given back and dealt with again counts once, and as the newest.
    let seen = MemorySeen::new(2);
    assert!(is_new(&seen, 1) && is_new(&seen, 2));
    seen.give_back(&"evt_1".into());
    assert!(is_new(&seen, 1) && is_new(&seen, 3));
    assert!(!is_new(&seen, 1) && is_new(&seen, 2));
    assert!((1..5).all(|number| is_new(&MemorySeen::new(0), number)));
}

#[test]
fn an_event_that_fails_again_and_again_pushes_no_other_out() {
    let seen = MemorySeen::new(2);
    assert!(is_new(&seen, 1));
    for _ in 0..100 {
        assert_eq!(seen.take(&"evt_2".into()), Taken::Now);
        seen.give_back(&"evt_2".into());
        assert!(is_new(&seen, 3));
        seen.give_back(&"evt_3".into());
    }
    assert!(!is_new(&seen, 1));
    // What is being dealt with is not forgotten, whatever else comes.
    assert_eq!(seen.take(&"evt_4".into()), Taken::Now);
    assert!((5..50).all(|number| is_new(&seen, number)));
    assert_eq!(seen.take(&"evt_4".into()), Taken::InProgress);
}

#[test]
fn an_event_whose_function_fails_is_taken_again() {
    let fails = std::sync::atomic::AtomicBool::new(true);
    let once = move |_| if fails.swap(false, std::sync::atomic::Ordering::SeqCst) { Err("no") } else { Ok("done") };
    let handlers = Handlers::builder().fallback(once).once(MemorySeen::default()).build().unwrap();
    let handle = || handlers.try_handle(event("evt_1", VERIFIED));
    assert_eq!([handle(), handle(), handle()], [Err("no"), Ok(Handled::By("done")), Ok(Handled::Repeated)]);
}

#[test]
fn an_event_whose_future_fails_or_is_dropped_is_taken_again() {
    let turn = std::sync::atomic::AtomicU32::new(0);
    let work = move |_| {
        let turn = turn.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        async move {
            match turn {
                0 => std::future::pending().await,
                1 => Err("no"),
                _ => Ok("done"),
            }
        }
    };
    let handlers = Handlers::builder().fallback(work).once(MemorySeen::default()).build().unwrap();
    let mut context = Context::from_waker(Waker::noop());
    let mut handle = || pin!(handlers.try_handle_async(event("evt_1", VERIFIED))).poll(&mut context);
    {
        let mut hanging = pin!(handlers.try_handle_async(event("evt_1", VERIFIED)));
        assert!(hanging.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        assert_eq!(handle(), Poll::Ready(Ok(Handled::InProgress)));
    }
    assert_eq!(handle(), Poll::Ready(Err("no")));
    assert_eq!(handle(), Poll::Ready(Ok(Handled::By("done"))));
    assert_eq!(handle(), Poll::Ready(Ok(Handled::Repeated)));
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
