//! A sign-up that is tested in three ways. The application, in `sign_up.rs`, is the same in each: it has a `Client`,
//! which takes any transport.
//!
//! | tests | with | good for | cannot show |
//! |---|---|---|---|
//! | `with_script.rs` | `ScriptedTransport` | what is sent; rare and new responses | what Stripe would respond |
//! | `in_process.rs` | `SimulatorTransport` | what users and time do, without waiting | connections and timeouts |
//! | `over_socket.rs` | `Server` | the production transport, webhooks over HTTP | TLS, DNS, proxies |
//!
//! `cargo test -p stripe-identity-examples --example testing_your_app` runs the tests. `cargo run --example
//! testing_your_app` calls them, too, and prints what each way is good for. Only for that, they have `cfg_attr(test,
//! tokio::test)`: in your tests, write `tokio::test`.

// Without `cfg(test)`, clippy does not see that these are tests.
#[allow(clippy::unwrap_used)]
mod in_process;
#[allow(clippy::unwrap_used)]
mod over_socket;
mod setup;
mod sign_up;
#[allow(clippy::unwrap_used)]
mod with_script;

#[cfg(not(test))]
#[tokio::main(flavor = "current_thread")]
async fn main() {
    macro_rules! run {
        ($($module:ident::$test:ident)+) => { $(
            let start = std::time::Instant::now();
            $module::$test().await;
            println!("   {:>4} ms  {}", start.elapsed().as_millis(), stringify!($test));
        )+ };
    }

    println!("One sign-up, tested in three ways");

    println!("\n1. With a script (ScriptedTransport)");
    println!("   Good for:     exactly what is sent; responses that are rare, or that Stripe does not send yet");
    println!("   Cannot show:  what Stripe would respond, since the test writes every response");
    run! {
        with_script::lost_response_is_followed_by_the_same_request
        with_script::outage_is_an_error_after_three_attempts
        with_script::unknown_status_admits_nobody
    }

    println!("\n2. With the simulator in process (SimulatorTransport)");
    println!("   Good for:     what users and time do, without waiting, and the same in each run");
    println!("   Cannot show:  connections and timeouts, since there is no socket");
    run! {
        in_process::lost_response_makes_one_session
        in_process::adult_is_admitted_and_minor_is_refused
        in_process::redacted_minor_is_refused
        in_process::expired_document_is_followed_by_a_second_try
        in_process::user_who_takes_an_hour_is_admitted_after_an_hour
        in_process::webhook_admits_an_adult_and_no_minor
        in_process::outage_during_a_webhook_admits_the_user_on_redelivery
        in_process::forged_webhook_is_rejected
    }

    println!("\n3. With the simulator as a server (Server)");
    println!("   Good for:     the production transport, broken connections, webhooks over HTTP, any language");
    println!("   Cannot show:  TLS, DNS and proxies; and retries wait in real time");
    run! {
        over_socket::lost_response_makes_one_session
        over_socket::webhook_admits_the_user
    }

    println!("\nNone of them shows what Stripe itself does: before the application goes live, try it with a test key.");
}
