//! Ids and secrets that look like Stripe's and follow from a seed.

use fastrand::Rng;

const TAG: usize = 10;

/// The generator of the ids of one world. Each id contains the world's tag, as Stripe's ids contain a part of the
/// account's id.
#[derive(Clone, Debug)]
pub(crate) struct Ids {
    tag: String,
    random: Rng,
}

impl Ids {
    pub(crate) fn new(seed: u64, world: &str) -> Self {
        let mut random = Rng::with_seed(hash(seed, world));
        let tag = text(&mut random, TAG);
        Self { tag, random }
    }

    /// Returns a generator that continues from a [`seed`](Self::seed).
    pub(crate) fn resume(tag: &str, seed: u64) -> Self {
        Self { tag: tag.to_owned(), random: Rng::with_seed(seed) }
    }

    /// Returns the state of the generator, from which [`resume`](Self::resume) continues.
    pub(crate) fn seed(&self) -> u64 {
        self.random.get_seed()
    }

    /// Moves to another sequence of ids, which depends on `number`.
    #[cfg(feature = "state")]
    pub(crate) fn jump(&mut self, number: u64) {
        self.random = Rng::with_seed(hash(self.seed(), &number.to_string()));
    }

    /// Returns a generator of other ids of the same world. This one does not change.
    pub(crate) fn fork(&self) -> Self {
        Self { tag: self.tag.clone(), random: self.random.clone().fork() }
    }

    pub(crate) fn tag(&self) -> &str {
        &self.tag
    }

    pub(crate) fn id(&mut self, prefix: &str) -> String {
        let (before, after) = (self.text(6), self.text(7));
        format!("{prefix}1{before}{}{after}", self.tag)
    }

    /// Returns a secret that contains an id.
    pub(crate) fn token(&mut self, id: &str) -> String {
        format!("{}{}", id.rsplit('_').next().unwrap_or_default(), self.text(32))
    }

    pub(crate) fn text(&mut self, length: usize) -> String {
        text(&mut self.random, length)
    }

    pub(crate) fn webhook_secret(&mut self) -> String {
        format!("whsec_{}", self.text(32))
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.random.u64(..)
    }

    /// Returns `true` with this probability.
    pub(crate) fn happens(&mut self, probability: f64) -> bool {
        self.random.f64() < probability
    }
}

/// Returns the tag of the world of an id or a token, if [`Ids`] can have created it.
pub(crate) fn tag_of(id: &str) -> Option<&str> {
    id.rsplit('_').next()?.strip_prefix('1')?.get(6..6 + TAG)
}

/// Returns whether a string can be the tag of a world.
pub(crate) fn is_tag(text: &str) -> bool {
    text.len() == TAG && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Returns the id that a token contains.
pub(crate) fn id_of(prefix: &str, token: &str) -> Option<String> {
    Some(format!("{prefix}{}", token.get(..1 + 6 + TAG + 7)?))
}

fn text(random: &mut Rng, length: usize) -> String {
    std::iter::repeat_with(|| random.alphanumeric()).take(length).collect()
}

/// Returns the seed that belongs to an id.
pub(crate) fn seed_of(id: &str) -> u64 {
    hash(0, id)
}

fn hash(seed: u64, world: &str) -> u64 {
    fnv(FNV, seed.to_le_bytes().into_iter().chain(world.bytes()))
}

/// Returns the hash of a sequence of strings.
pub(crate) fn hash_of_parts<'a>(parts: impl Iterator<Item = &'a [u8]>) -> u64 {
    let length = |part: &[u8]| (part.len() as u64).to_le_bytes();
    parts.fold(FNV, |hash, part| fnv(hash, length(part).into_iter().chain(part.iter().copied())))
}

const FNV: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a. Unlike the hashes of the standard library, it is the same in every release and on every machine.
fn fnv(hash: u64, bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(hash, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_and_token_contain_the_tag_of_their_world() {
        let mut ids = Ids::new(0, "a");
        let (id, secret) = (ids.id("vs_"), Ids::new(0, "a").fork().id("req_"));
        assert_eq!((tag_of(&id), tag_of(&secret)), (Some(ids.tag()), Some(ids.tag())));
        let token = ids.token(&id);
        assert_eq!((tag_of(&token), id_of("vs_", &token)), (Some(ids.tag()), Some(id)));
        for text in ["", "vs_", "vs_1", "vs_none", "1é", "vs_ééééééééééééé"] {
            assert_eq!(tag_of(text), None, "{text}");
        }
        assert_eq!(id_of("vs_", "1ééééééééééé"), None);
    }

    #[test]
    fn ids_differ_by_world_and_by_seed() {
        let first = |seed, world| Ids::new(seed, world).id("vs_");
        assert_eq!(first(0, "a"), first(0, "a"));
        assert_ne!(first(0, "a"), first(0, "b"));
        assert_ne!(first(0, "a"), first(1, "a"));
        assert_ne!(tag_of(&first(0, "a")), tag_of(&first(0, "b")));
    }
}
