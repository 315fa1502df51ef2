use serde::{Serialize, Serializer};

use crate::timestamp::Timestamp;

/// A filter of a list by the time at which its objects were created: one second, or a range that
/// may be open on either side.
///
/// ```
/// use stripe_identity_types::{CreatedFilter, Timestamp};
///
/// let october = CreatedFilter::new().gte(Timestamp::from_secs(1_790_812_800)).lt(Timestamp::from_secs(1_793_491_200));
/// assert!(october.contains(Timestamp::from_secs(1_793_000_000)));
/// ```
#[must_use = "a filter does nothing until a list is requested with it"]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CreatedFilter {
    at: Option<Timestamp>,
    gt: Option<Timestamp>,
    gte: Option<Timestamp>,
    lt: Option<Timestamp>,
    lte: Option<Timestamp>,
}

impl CreatedFilter {
    /// Creates a range without bounds. [`gt`](Self::gt), [`gte`](Self::gte), [`lt`](Self::lt) and
    /// [`lte`](Self::lte) each set one.
    pub const fn new() -> Self {
        Self { at: None, gt: None, gte: None, lt: None, lte: None }
    }

    /// Selects exactly this second.
    pub const fn at(time: Timestamp) -> Self {
        Self { at: Some(time), ..Self::new() }
    }

    /// Selects times after this one. Replaces [`at`](Self::at).
    pub const fn gt(self, time: Timestamp) -> Self {
        Self { at: None, gt: Some(time), ..self }
    }

    /// Selects this time and later ones. Replaces [`at`](Self::at).
    pub const fn gte(self, time: Timestamp) -> Self {
        Self { at: None, gte: Some(time), ..self }
    }

    /// Selects times before this one. Replaces [`at`](Self::at).
    pub const fn lt(self, time: Timestamp) -> Self {
        Self { at: None, lt: Some(time), ..self }
    }

    /// Selects this time and earlier ones. Replaces [`at`](Self::at).
    pub const fn lte(self, time: Timestamp) -> Self {
        Self { at: None, lte: Some(time), ..self }
    }

    /// Returns whether the filter selects an object created at this time.
    pub fn contains(&self, time: Timestamp) -> bool {
        self.at.is_none_or(|at| time == at)
            && self.gt.is_none_or(|bound| time > bound)
            && self.gte.is_none_or(|bound| time >= bound)
            && self.lt.is_none_or(|bound| time < bound)
            && self.lte.is_none_or(|bound| time <= bound)
    }
}

/// Selects exactly this second.
impl From<Timestamp> for CreatedFilter {
    fn from(time: Timestamp) -> Self {
        Self::at(time)
    }
}

/// Serializes one second as a number, and a range as a map of its bounds.
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
    fn one_second_serializes_as_number_and_range_as_object() {
        assert_eq!(serde_json::to_string(&CreatedFilter::from(T(5))).unwrap(), "5");
        let range = CreatedFilter::new().gt(T(1)).gte(T(2)).lt(T(4)).lte(T(3));
        assert_eq!(serde_json::to_string(&range).unwrap(), r#"{"gt":1,"gte":2,"lt":4,"lte":3}"#);
    }

    #[test]
    fn bounds_include_or_exclude_their_edge() {
        let range = CreatedFilter::new().gte(T(2)).lt(T(4));
        assert_eq!([1, 2, 3, 4].map(|second| range.contains(T(second))), [false, true, true, false]);
        let range = CreatedFilter::new().gt(T(2)).lte(T(4));
        assert_eq!([2, 3, 4, 5].map(|second| range.contains(T(second))), [false, true, true, false]);
        assert_eq!([4, 5, 6].map(|second| CreatedFilter::at(T(5)).contains(T(second))), [false, true, false]);
    }
}
