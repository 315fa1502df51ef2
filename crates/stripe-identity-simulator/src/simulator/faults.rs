//! Faults: requests that fail on purpose.

use super::Simulator;
use crate::fault::{Fault, FaultRule};
use crate::world::World;

impl Simulator {
    /// Adds a fault to the world or, on a handle to all worlds, to every world, including future worlds. Each world
    /// counts the requests that the fault applies to separately.
    ///
    /// ```
    /// use stripe_identity_core::http::Method;
    /// use stripe_identity_simulator::{Fault, Simulator};
    ///
    /// let stripe = Simulator::new();
    /// stripe.add_fault(Fault::lose_response().method(Method::POST).times(1));
    /// ```
    #[expect(clippy::needless_pass_by_value, reason = "each world has a copy, mostly of a fault made for it")]
    pub fn add_fault(&self, fault: Fault) {
        for place in self.places_and(|worlds| worlds.faults.push(fault.clone())) {
            place.change_anyway(|world| world.add_fault(fault.clone()));
        }
    }

    /// Returns the faults of the world or, on a handle to all worlds, of each world, with the number of requests that
    /// they have applied to.
    pub fn faults(&self) -> Vec<FaultRule> {
        self.places().iter().flat_map(|place| place.look(|world| world.faults().to_vec())).collect()
    }

    /// Removes a fault by its id. Returns `false` if there is no such fault.
    pub fn remove_fault(&self, id: &str) -> bool {
        self.places().iter().any(|place| place.change_anyway(|world| world.remove_fault(id)))
    }

    /// Removes all faults of the world or, on a handle to all worlds, of each world.
    pub fn clear_faults(&self) {
        for place in self.places_and(|worlds| worlds.faults.clear()) {
            place.change_anyway(World::clear_faults);
        }
    }
}
