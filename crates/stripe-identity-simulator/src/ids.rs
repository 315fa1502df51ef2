/// Makes ids and secrets that look like Stripe's, the same ones from the same seed.
#[derive(Debug)]
pub(crate) struct Ids(fastrand::Rng);

impl Ids {
    pub(crate) fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    pub(crate) fn id(&mut self, prefix: &str) -> String {
        format!("{prefix}1{}", self.text(23))
    }

    pub(crate) fn text(&mut self, length: usize) -> String {
        std::iter::repeat_with(|| self.0.alphanumeric()).take(length).collect()
    }
}
