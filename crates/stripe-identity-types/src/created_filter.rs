use serde::{Serialize, Serializer};

use crate::timestamp::Timestamp;

/// When the objects of a list were created: at one second, or in a span of time that may be open on either side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CreatedFilter {
    at: Option<Timestamp>,
    gt: Option<Timestamp>,
    gte: Option<Timestamp>,
    lt: Option<Timestamp>,
    lte: Option<Timestamp>,
}

impl CreatedFilter {
    /// A span with no bound; each of the other methods adds one.
    pub const fn new() -> Self {
        Self { at: None, gt: None, gte: None, lt: None, lte: None }
    }

    /// Just this second. Takes the place of any bound.
    pub const fn at(time: Timestamp) -> Self {
        Self { at: Some(time), ..Self::new() }
    }

    /// After this time.
    pub const fn gt(self, time: Timestamp) -> Self {
        Self { at: None, gt: Some(time), ..self }
    }

    /// At or after this time.
    pub const fn gte(self, time: Timestamp) -> Self {
        Self { at: None, gte: Some(time), ..self }
    }

    /// Before this time.
    pub const fn lt(self, time: Timestamp) -> Self {
        Self { at: None, lt: Some(time), ..self }
    }

    /// At or before this time.
    pub const fn lte(self, time: Timestamp) -> Self {
        Self { at: None, lte: Some(time), ..self }
    }

    /// Whether an object created at this time is meant.
    pub fn contains(&self, time: Timestamp) -> bool {
        self.at.is_none_or(|at| time == at)
            && self.gt.is_none_or(|bound| time > bound)
            && self.gte.is_none_or(|bound| time >= bound)
            && self.lt.is_none_or(|bound| time < bound)
            && self.lte.is_none_or(|bound| time <= bound)
    }
}

impl From<Timestamp> for CreatedFilter {
    fn from(time: Timestamp) -> Self {
        Self::at(time)
    }
}

impl Serialize for CreatedFilter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(at) = self.at else {
            let bounds = [("gt", self.gt), ("gte", self.gte), ("lt", self.lt), ("lte", self.lte)];
            return serializer.collect_map(bounds.into_iter().filter_map(|(name, bound)| Some((name, bound?))));
        };
        at.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: fn(i64) -> Timestamp = Timestamp::from_secs;

    #[test]
    fn one_second_is_a_number_and_a_span_is_an_object() {
        assert_eq!(serde_json::to_string(&CreatedFilter::from(T(5))).unwrap(), "5");
        let span = CreatedFilter::new().gt(T(1)).gte(T(2)).lt(T(4)).lte(T(3));
        assert_eq!(serde_json::to_string(&span).unwrap(), r#"{"gt":1,"gte":2,"lt":4,"lte":3}"#);
    }

    #[test]
    fn bounds_are_met_at_their_edges() {
        let span = CreatedFilter::new().gte(T(2)).lt(T(4));
        assert_eq!([1, 2, 3, 4].map(|second| span.contains(T(second))), [false, true, true, false]);
        let span = CreatedFilter::new().gt(T(2)).lte(T(4));
        assert_eq!([2, 3, 4, 5].map(|second| span.contains(T(second))), [false, true, true, false]);
        assert_eq!([4, 5, 6].map(|second| CreatedFilter::at(T(5)).contains(T(second))), [false, true, false]);
    }
}
