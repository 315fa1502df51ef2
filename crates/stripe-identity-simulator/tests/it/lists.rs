use std::time::Duration;

use stripe_identity_core::BlockingClient;
use stripe_identity_core::resources::verification_sessions::VerificationSessions;
use stripe_identity_core::types::{
    CreateVerificationSession as Create, CreatedFilter, ListVerificationSessions as List, SessionExpand, Timestamp,
    VerificationSessionId, VerificationSessionStatus as Status,
};
use stripe_identity_simulator::{Outcome, SimulatorTransport};

use super::start;

/// Creates sessions, one per second, and returns their ids, oldest first.
fn create(
    count: usize,
    stripe: &SimulatorTransport,
    sessions: &VerificationSessions<BlockingClient>,
) -> Vec<VerificationSessionId> {
    let create_one = |_| {
        stripe.advance(Duration::from_secs(1));
        sessions.create(Create::document()).send().unwrap().id.clone()
    };
    (0..count).map(create_one).collect()
}

fn ids(sessions: &VerificationSessions<BlockingClient>, params: List) -> (Vec<VerificationSessionId>, bool) {
    let list = sessions.list(params).send().unwrap().into_inner();
    (list.data.into_iter().map(|session| session.id).collect(), list.has_more)
}

#[test]
fn pages_go_from_newest_to_oldest_and_back() {
    let (stripe, sessions) = start();
    let mut all = create(25, &stripe, &sessions);
    all.reverse();

    let (first, more) = ids(&sessions, List::new());
    assert_eq!((&first[..], more), (&all[..10], true));
    let (second, more) = ids(&sessions, List::new().starting_after(&first[9]).limit(10));
    assert_eq!((&second[..], more), (&all[10..20], true));
    let (third, more) = ids(&sessions, List::new().starting_after(&second[9]).limit(100));
    assert_eq!((&third[..], more), (&all[20..], false));

    let (back, more) = ids(&sessions, List::new().ending_before(&third[0]).limit(10));
    assert_eq!((&back[..], more), (&all[10..20], true));
    let (back, more) = ids(&sessions, List::new().ending_before(&second[0]));
    assert_eq!((&back[..], more), (&all[..10], false));

    let (none, more) = ids(&sessions, List::new().starting_after(&all[24]));
    assert_eq!((none.len(), more), (0, false));
    let (all_but_one, more) = ids(&sessions, List::new().limit(24));
    assert_eq!((all_but_one.len(), more), (24, true));
    assert!(!ids(&sessions, List::new().limit(25)).1);
}

#[test]
fn list_with_a_filter_has_only_matching_sessions() {
    let (stripe, sessions) = start();
    let [one, two, three] = create(3, &stripe, &sessions).try_into().unwrap();
    stripe.submit(&two, Outcome::Verified).unwrap();
    let params =
        Create::document().client_reference_id("user-42").related_customer("cus_1").related_customer_account("acct_1");
    stripe.advance(Duration::from_secs(1));
    let four = sessions.create(params).send().unwrap().id.clone();

    let found = |params| ids(&sessions, params).0;
    assert_eq!(found(List::new().status(Status::Verified)), std::slice::from_ref(&two));
    assert!(found(List::new().status(Status::Canceled)).is_empty());
    assert_eq!(found(List::new().client_reference_id("user-42")), std::slice::from_ref(&four));
    assert_eq!(found(List::new().related_customer("cus_1")), std::slice::from_ref(&four));
    assert_eq!(found(List::new().related_customer_account("acct_1")), std::slice::from_ref(&four));
    assert!(found(List::new().related_customer("cus_2")).is_empty());

    let created = |index: i64| Timestamp::from_secs(1_793_000_000 + index);
    let span = |filter| found(List::new().created(filter));
    assert_eq!(found(List::new().created(created(3))), std::slice::from_ref(&three));
    assert_eq!(span(CreatedFilter::new().gt(created(2))), [four.clone(), three.clone()]);
    assert_eq!(span(CreatedFilter::new().gte(created(2)).lt(created(4))), [three.clone(), two.clone()]);
    assert_eq!(span(CreatedFilter::new().lte(created(1))), std::slice::from_ref(&one));

    // The session of a cursor need not match the filter.
    assert_eq!(found(List::new().status(Status::RequiresInput).starting_after(&two)), [one]);
    assert_eq!(found(List::new().status(Status::RequiresInput).ending_before(&two)), [four, three]);
}

#[test]
fn list_expands_fields_of_its_items() {
    let (stripe, sessions) = start();
    let [id] = create(1, &stripe, &sessions).try_into().unwrap();
    stripe.submit(&id, Outcome::Verified).unwrap();
    let list = sessions.list(List::new()).expand([SessionExpand::VerifiedOutputs]).send().unwrap();
    assert!(list.data[0].verified_outputs.is_some());
    let json: serde_json::Value = serde_json::from_slice(list.meta().body()).unwrap();
    assert_eq!(json["url"], "/v1/identity/verification_sessions");
}

#[test]
fn account_sees_only_its_own_sessions() {
    let (_stripe, sessions) = start();
    let ours = sessions.create(Create::document()).send().unwrap().id.clone();
    let theirs = sessions.create(Create::document()).account("acct_1").send().unwrap().id.clone();

    assert_eq!(ids(&sessions, List::new()).0, std::slice::from_ref(&ours));
    let list = sessions.list(List::new()).account("acct_1").send().unwrap();
    assert_eq!(list.data.iter().map(|session| &session.id).collect::<Vec<_>>(), [&theirs]);
    assert_eq!(sessions.retrieve(&theirs).send().unwrap_err().status().unwrap(), 404);
    assert_eq!(sessions.list(List::new().starting_after(&theirs)).send().unwrap_err().status().unwrap(), 400);
    assert_eq!(sessions.retrieve(&ours).account("acct_1").send().unwrap_err().status().unwrap(), 404);
}
