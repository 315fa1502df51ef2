//! Simulators that keep their state in a file.

use std::sync::Arc;

use super::{Simulator, SimulatorBuilder, lock};
use crate::note::Note;
use crate::state_file::{Open, StateError, StateFile};
use crate::time::Time;
use crate::world::Ids;

impl SimulatorBuilder {
    /// Creates the simulator with the state of a file, and keeps its state there: see the [guide](crate::guide::state).
    /// A file that does not exist is created.
    ///
    /// An existing file keeps its seed, clocks and settings, and ignores those of the builder and its [initial
    /// lines](Self::initial_lines). New worlds get the settings of the builder. An endpoint that is
    /// [added](Simulator::add_webhook) to all worlds is not added to worlds that have an endpoint with the same URL.
    ///
    /// ```
    /// use stripe_identity_simulator::{Simulator, StateFile};
    ///
    /// # let folder = std::env::temp_dir().join(format!("state-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// let stripe = Simulator::builder().open(StateFile::new(folder.join("stripe.db")))?;
    /// # drop(stripe);
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if the file is in use, is not a state file, is damaged, is of a newer release, or cannot be
    /// read or written.
    #[expect(clippy::needless_pass_by_value, reason = "a file is named for one simulator")]
    pub fn open(self, file: StateFile) -> Result<Simulator, StateError> {
        let open = Open::new(&file)?;
        let real = Time::of_system();
        let simulator = self.assemble();
        let mut worlds = simulator.worlds();
        let (whole, loaded) = open.load(|name| worlds.make_empty(name, None, real))?;
        open.accept()?;
        let closed = whole.as_ref().and_then(|whole| whole.closed);
        let (is_empty, seed) = (loaded.is_empty(), whole.as_ref().map(|whole| whole.seed));
        worlds.keep_in(Arc::new(open), whole);
        for (number, (name, mut world)) in loaded {
            if closed.is_none() {
                world.jump_request_ids(worlds.starts());
            }
            world.note_changes();
            worlds.restore(&name, number, world, real);
        }
        let starts = worlds.starts();
        drop(worlds);
        if let Some(seed) = seed {
            let mut ids = lock(&simulator.shared.request_ids);
            let first = Ids::new(seed, "").fork();
            *ids = closed.map_or_else(|| first.clone(), |closed| Ids::resume(first.tag(), closed));
            if closed.is_none() {
                ids.jump(starts);
            }
        }
        if is_empty {
            simulator.begin().map_err(StateError::InitialLines)?;
        } else if let (Some(_), Some(on_note)) = (&simulator.shared.initial, &simulator.shared.on_note) {
            on_note(&Note::InitialLinesLeftOut);
        }
        Ok(simulator)
    }
}
