//! Export, import and reset of worlds.

use std::collections::HashSet;
use std::io::{self, BufRead, Write};
use std::sync::Arc;

use super::worlds::{Place, Worlds};
use super::{Simulator, SimulatorBuilder};
use crate::control_error::ControlError;
use crate::import_error::ImportError;
use crate::lines::{self, Described, Imported};
use crate::time::Time;
use crate::unwritten::Unwritten;
use crate::world::{Part, World};

/// A world that replaces another one.
struct Coming {
    place: Arc<Place>,
    /// The new world, or `None` for one as every world begins.
    world: Option<World>,
    /// Whether its ids continue those of the old world.
    goes_on: bool,
}

impl Simulator {
    /// Resets the world or, on a handle to all worlds, every world to its initial state: to that of the
    /// [initial lines](SimulatorBuilder::initial_lines), or to a new world if they do not name it.
    ///
    /// Webhook endpoints, plans, faults and disorder rules that were added on a handle to all worlds are restored. Ids
    /// continue, so that no id is used twice. The [journal](Self::requests) is cleared.
    ///
    /// ```
    /// # use stripe_identity_simulator::Simulator;
    /// let stripe = Simulator::new();
    /// stripe.world("sk_test_123")?.reset()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if the state file cannot be written. Nothing is changed then.
    pub fn reset(&self) -> Result<(), ControlError> {
        let real = Time::of_system();
        // `initial_lines` has already returned the errors of the lines.
        let mut described = self.shared.initial.as_deref().map_or(Ok(Vec::new()), lines::read).unwrap_or_default();
        if let Some(place) = &self.scope {
            described.retain(|world| world.name == place.name);
        }
        let names: HashSet<_> = described.iter().map(|world| world.name.clone()).collect();
        let fits = self.describe(described, true, real);
        let mut coming = fits.map_err(|error| ControlError::InitialLines(error.to_string()))?;
        let others = self.places().into_iter().filter(|place| !names.contains(&place.name));
        coming.extend(others.map(|place| Coming { place, world: None, goes_on: true }));
        self.replace(coming, real)?;
        self.clear_requests();
        Ok(())
    }

    /// Writes the world or, on a handle to all worlds, every world as lines of JSON: see the
    /// [guide](crate::guide::state#state-as-lines). Each world is a snapshot of one moment.
    ///
    /// ```
    /// use stripe_identity_simulator::Simulator;
    ///
    /// let stripe = Simulator::new();
    /// stripe.world("sk_test_123")?;
    /// let mut lines = Vec::new();
    /// stripe.export(&mut lines)?;
    /// assert_eq!(Simulator::new().import(&lines[..])?.worlds, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if the lines cannot be written, or if pending changes of a world cannot be written to the state
    /// file.
    pub fn export(&self, mut writer: impl Write) -> io::Result<()> {
        let mut lines = Vec::new();
        lines::write_header(&mut lines);
        for place in self.places() {
            let all = place.change(|world| {
                world.each_row::<()>(&place.name, |row| {
                    lines::write_row(&mut lines, &row);
                    Ok(())
                })
            });
            // Writing to memory cannot fail.
            let _ = all.map_err(|unwritten| io::Error::other(unwritten.to_string()))?;
            writer.write_all(&lines)?;
            lines.clear();
        }
        writer.write_all(&lines)?;
        writer.flush()
    }

    /// Replaces the worlds that the lines name: see the [guide](crate::guide::state#state-as-lines). All of them are
    /// replaced in one step, and no other world changes. Nothing that is due in them happens before that step.
    ///
    /// ```
    /// # use stripe_identity_simulator::Simulator;
    /// let stripe = Simulator::new();
    /// let lines = r#"
    ///     {"format":"stripe-identity-simulator","version":1}
    ///     {"kind":"world","value":{"name":"123"}}
    ///     {"kind":"verification_session","value":{"session":{"id":"vs_1","type":"document","status":"verified"}}}
    /// "#;
    /// assert_eq!(stripe.import(lines.as_bytes())?.worlds, 1);
    /// # Ok::<(), stripe_identity_simulator::ImportError>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if a line cannot be read or is wrong, or if the lines would make too many worlds. On a handle
    /// to one world, a line that names another world is an error. So is a state file that cannot be written. After an
    /// error, nothing has changed.
    pub fn import(&self, lines: impl BufRead) -> Result<Imported, ImportError> {
        let real = Time::of_system();
        let described = lines::read(lines)?;
        let foreign = described.iter().find(|world| self.scope.as_ref().is_some_and(|place| place.name != world.name));
        if let Some(world) = foreign {
            return Err(ImportError::at(world.line, "it names another world: expected only the world of the key"));
        }
        let records = described.iter().map(|world| world.parts.len() - 1).sum();
        let imported = Imported { worlds: described.len(), records };
        let coming = self.describe(described, false, real)?;
        self.replace(coming, real).map_err(|unwritten| ImportError::Unwritten(unwritten.reason))?;
        Ok(imported)
    }

    /// Imports the initial lines.
    pub(super) fn begin(&self) -> Result<(), ImportError> {
        self.shared.initial.as_deref().map_or(Ok(()), |lines| self.import(lines).map(drop))
    }

    /// Creates the worlds that lines describe, and finds or creates the places for them.
    fn describe(&self, described: Vec<Described>, goes_on: bool, real: Time) -> Result<Vec<Coming>, ImportError> {
        let mut worlds = Vec::with_capacity(described.len());
        for Described { name, line, parts } in described {
            let names_ids = parts.iter().any(|(_, _, part)| matches!(part, Part::World(it) if it.generators.is_some()));
            let mut world = self.worlds().make_without_webhooks(&name, real);
            for (line, place, part) in parts {
                world.put(place, part).map_err(|error| ImportError::at(line, error.to_string()))?;
            }
            world.complete();
            worlds.push((name, line, world, goes_on || !names_ids));
        }
        let mut all = self.worlds();
        all.must_have_tags_of_their_own(&worlds)?;
        let (mut coming, mut new) = (Vec::with_capacity(worlds.len()), Vec::<String>::new());
        for (name, _, world, goes_on) in worlds {
            let is_new = !all.has(&name);
            let Some(place) = all.named(&name, real) else {
                for name in new {
                    all.forget(&name);
                }
                return Err(ImportError::TooManyWorlds);
            };
            coming.push(Coming { place, world: Some(world), goes_on });
            new.extend(is_new.then_some(name));
        }
        Ok(coming)
    }

    /// Replaces worlds, all in one step.
    fn replace(&self, mut coming: Vec<Coming>, real: Time) -> Result<(), Unwritten> {
        // Locked in a fixed order, so that no two calls wait for each other.
        coming.sort_by(|one, other| one.place.name.cmp(&other.place.name));
        let places: Vec<_> = coming.iter().map(|it| it.place.clone()).collect();
        let mut guards: Vec<_> = places.iter().map(|place| place.lock()).collect();
        let fresh = coming.into_iter().zip(&guards).map(|(Coming { place, world, goes_on }, guard)| {
            let generators = goes_on.then(|| guard.generators());
            let mut worlds = self.worlds();
            let Some(mut world) = world else { return worlds.make(&place.name, generators.as_ref(), real) };
            if let Some(generators) = &generators {
                world.set_generators(generators);
            }
            worlds.add_webhooks(&mut world);
            world
        });
        let fresh: Vec<_> = fresh.collect();
        let kept = places.iter().zip(&fresh).map(|(place, world)| (place.number(), Some((&*place.name, world))));
        let kept: Vec<_> = kept.collect();
        let keeper = self.worlds().keeper();
        if let Some(keeper) = keeper {
            keeper.replace(&kept)?;
        }
        for ((place, guard), mut world) in places.iter().zip(&mut guards).zip(fresh) {
            place.are_written(&mut world);
            **guard = world;
        }
        let tags: Vec<_> = guards.iter().map(|world| world.tag().to_owned()).collect();
        let tags = places.iter().zip(&tags).map(|(place, tag)| (place.name.as_str(), tag.as_str()));
        self.worlds().set_tags(tags);
        drop(guards);
        for place in &places {
            self.is_active(place);
        }
        Ok(())
    }
}

impl Worlds {
    /// Refuses worlds that have the tag of another world, since an id would then name both.
    fn must_have_tags_of_their_own(&self, worlds: &[(String, u64, World, bool)]) -> Result<(), ImportError> {
        let names: HashSet<_> = worlds.iter().map(|(name, ..)| name.as_str()).collect();
        let mut tags = HashSet::new();
        for (_, line, world, _) in worlds {
            let is_of_another = self.name_of_tag(world.tag()).is_some_and(|other| !names.contains(other));
            if is_of_another || !tags.insert(world.tag()) {
                return Err(ImportError::at(*line, "another world has the tag: expected a unique tag, or none"));
            }
        }
        Ok(())
    }
}

impl SimulatorBuilder {
    /// Sets the initial state, to which each [reset](Simulator::reset) returns, as the lines that
    /// [`import`](Simulator::import) takes. A state file that already holds worlds ignores them.
    ///
    /// ```
    /// use stripe_identity_simulator::Simulator;
    ///
    /// let lines = r#"
    ///     {"format":"stripe-identity-simulator","version":1}
    ///     {"kind":"world","value":{"name":"123"}}
    ///     {"kind":"verification_session","value":{"session":{"id":"vs_1"}}}
    /// "#;
    /// let stripe = Simulator::builder().initial_lines(lines.as_bytes())?.build();
    /// # Ok::<(), stripe_identity_simulator::ImportError>(())
    /// ```
    ///
    /// # Errors
    /// Returns the errors of an import.
    pub fn initial_lines(mut self, mut lines: impl BufRead) -> Result<Self, ImportError> {
        let mut bytes = Vec::new();
        lines.read_to_end(&mut bytes).map_err(ImportError::Read)?;
        // Checked here, since `build` returns no error.
        Simulator::new().import(&bytes[..])?;
        self.initial = Some(bytes.into());
        Ok(self)
    }
}
