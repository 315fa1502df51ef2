//! What goes wrong on purpose.

use super::Simulator;
use crate::fault::{Fault, FaultRule};
use crate::world::World;

impl Simulator {
    /// Adds a fault to the world, or, on a handle to all of them, to every world, also to those that are still to come.
    /// Each world counts for itself to how many requests it applies.
    #[expect(clippy::needless_pass_by_value, reason = "each world has a copy, mostly of a fault made for it")]
    pub fn add_fault(&self, fault: Fault) {
        for place in self.places_and(|worlds| worlds.faults.push(fault.clone())) {
            place.change_anyway(|world| world.add_fault(fault.clone()));
        }
    }

    /// Returns the faults of the world, or, on a handle to all of them, those of each, with how often they have applied.
    pub fn faults(&self) -> Vec<FaultRule> {
        self.places().iter().flat_map(|place| place.look(|world| world.faults().to_vec())).collect()
    }

    /// Removes a fault by its id. Returns whether there was one.
    pub fn remove_fault(&self, id: &str) -> bool {
        self.places().iter().any(|place| place.change_anyway(|world| world.remove_fault(id)))
    }

    /// Removes all faults of the world, or, on a handle to all of them, those of each.
    pub fn clear_faults(&self) {
        for place in self.places_and(|worlds| worlds.faults.clear()) {
            place.change_anyway(World::clear_faults);
        }
    }
}
