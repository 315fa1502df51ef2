"""Fixtures that start the simulator."""

import subprocess
import uuid

import pytest
import stripe


@pytest.fixture(scope="session")
def simulator():
    """Starts a simulator that runs while the tests run. Returns its URL."""
    command = ["stripe-identity-simulator", "--listen", "127.0.0.1:0", "--log", "off"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        # The simulator prints "listening on http://127.0.0.1:…" when it is ready.
        yield process.stdout.readline().split()[2]
    finally:
        process.terminate()
        assert process.wait(timeout=60) == 0


@pytest.fixture
def clients(simulator):
    """Returns a client with a secret key and one with a restricted key, of a new world that no other test sees."""
    world = uuid.uuid4()
    addresses = {"api": simulator, "files": simulator}
    return [stripe.StripeClient(f"{kind}_test_{world}", base_addresses=addresses) for kind in ("sk", "rk")]
