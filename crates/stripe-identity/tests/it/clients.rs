use std::thread;

use stripe_identity::{BlockingClient, Client, Config, CreateVerificationSession};
use stripe_identity_mock::Recorder;
use stripe_identity_simulator::SimulatorTransport;

#[test]
fn client_is_clone_send_sync_and_shares_its_transport() {
    fn shared<T: Clone + Send + Sync + 'static>(_: &T) {}
    let stripe = Recorder::new(SimulatorTransport::new());
    let config = Config::new("sk_test_123").unwrap();
    shared(&Client::new(config.clone(), stripe.clone()));
    let client = BlockingClient::new(config.clone(), stripe.clone());
    shared(&client);

    let other = client.with_config(config.to_builder().account("acct_1").build().unwrap());
    let create = |client: BlockingClient| {
        thread::spawn(move || {
            client.verification_sessions().create(CreateVerificationSession::document()).send().unwrap();
        })
    };
    let threads: Vec<_> = [client.clone(), client, other].into_iter().map(create).collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let accounts = stripe.requests().iter().filter(|request| request.headers().contains_key("stripe-account")).count();
    assert_eq!((stripe.requests().len(), accounts), (3, 1));
}
