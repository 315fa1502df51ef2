"""The simulator, as fixtures."""

import subprocess
import uuid

import pytest
import stripe


@pytest.fixture(scope="session")
def simulator():
    """The URL of a simulator that runs while the tests do."""
    command = ["stripe-identity-simulator", "--listen", "127.0.0.1:0", "--log", "off"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        # "listening on http://127.0.0.1:…", once it is ready.
        yield process.stdout.readline().split()[2]
    finally:
        process.terminate()
        assert process.wait(timeout=60) == 0


@pytest.fixture
def clients(simulator):
    """A client with a secret key and one with a restricted key, of a world that no other test sees."""
    world = uuid.uuid4()
    addresses = {"api": simulator, "files": simulator}
    return [stripe.StripeClient(f"{kind}_test_{world}", base_addresses=addresses) for kind in ("sk", "rk")]
