use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// A record whose colour can change.
#[derive(Clone, Debug)]
struct Thing {
    id: String,
    account: Option<&'static str>,
    created: i64,
    colour: &'static str,
    owner: Option<&'static str>,
}

const ACCOUNTS: [Option<&str>; 3] = [None, Some("acct_1"), Some("acct_2")];
const COLOURS: [&str; 3] = ["red", "green", "blue"];
const OWNERS: [Option<&str>; 3] = [None, Some("a"), Some("b")];

impl Record for Thing {
    const KIND: Kind = Kind::Report;
    const NAME: &'static str = "thing";
    const PARAM: &'static str = "thing";

    fn id(&self) -> &str {
        &self.id
    }

    fn account(&self) -> Option<&str> {
        self.account
    }

    fn created(&self) -> Timestamp {
        Timestamp::from_secs(self.created)
    }

    fn fields(&self, each: &mut dyn FnMut(&'static str, &str)) {
        each("colour", self.colour);
        if let Some(owner) = self.owner {
            each("owner", owner);
        }
    }
}

fn thing(id: usize, account: Option<&'static str>, colour: &'static str, owner: Option<&'static str>) -> Thing {
    // Three are created in each second.
    let created = i64::try_from(id / 3).unwrap();
    Thing { id: id.to_string(), account, created, colour, owner }
}

fn page() -> Page {
    Page { created: (i64::MIN, i64::MAX), filters: Vec::new(), starting_after: None, ending_before: None, limit: 10 }
}

fn listed(store: &Store<Thing>, page: &Page, account: Option<&str>) -> (Vec<String>, bool) {
    let (records, has_more) = store.page(page, account).unwrap_or_default();
    (records.into_iter().map(|record| record.id.clone()).collect(), has_more)
}

/// The expected result of `listed`, from a scan of all records.
fn scanned(store: &Store<Thing>, page: &Page, account: Option<&str>) -> (Vec<String>, bool) {
    let is_cursor_missing =
        |cursor: &Option<String>| cursor.as_deref().is_some_and(|id| store.get_of(id, account).is_none());
    if is_cursor_missing(&page.starting_after) || is_cursor_missing(&page.ending_before) {
        return Default::default();
    }
    let value = |thing: &Thing, field| if field == "colour" { Some(thing.colour) } else { thing.owner };
    let passes = |thing: &Thing, filter: &Filter| {
        value(thing, filter.field).is_some_and(|value| filter.values.iter().any(|it| it == value))
    };
    let number = |id: &str| id.parse::<usize>().unwrap();
    let mut all: Vec<&Thing> = store
        .iter()
        .filter(|thing| thing.account == account)
        .filter(|thing| page.created.0 <= thing.created && thing.created <= page.created.1)
        .filter(|thing| page.filters.iter().all(|filter| passes(thing, filter)))
        .filter(|thing| page.starting_after.as_deref().is_none_or(|after| number(&thing.id) < number(after)))
        .filter(|thing| page.ending_before.as_deref().is_none_or(|before| number(&thing.id) > number(before)))
        .collect();
    let has_more = all.len() > page.limit;
    if page.ending_before.is_none() {
        all.reverse();
    }
    all.truncate(page.limit);
    if page.ending_before.is_some() {
        all.reverse();
    }
    (all.into_iter().map(|thing| thing.id.clone()).collect(), has_more)
}

/// The expected index of a store, from a scan of all records.
fn index_of(store: &Store<Thing>) -> BTreeSet<(u64, u64)> {
    let things = store.all.keys().zip(store.iter());
    things.flat_map(|(&place, thing)| store.index.sets(thing).into_iter().map(move |set| (set, place))).collect()
}

#[derive(Clone, Debug)]
enum Step {
    Insert(usize, usize, usize),
    Paint(usize, usize),
    Remove(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..3_usize, 0..3_usize, 0..3_usize).prop_map(|(account, colour, owner)| Step::Insert(account, colour, owner)),
        2 => (any::<usize>(), 0..3_usize).prop_map(|(which, colour)| Step::Paint(which, colour)),
        1 => any::<usize>().prop_map(Step::Remove),
    ];
    vec(step, 0..120)
}

fn pages() -> impl Strategy<Value = (Page, usize)> {
    let values = |all: [&'static str; 4]| proptest::option::of(proptest::sample::subsequence(all.to_vec(), 0..=2));
    let bound = proptest::option::of(-1..30_i64);
    let cursor = proptest::option::of((any::<bool>(), 0..90_usize));
    let filters = (values(["red", "green", "blue", "black"]), values(["a", "b", "c", ""]));
    (filters, bound.clone(), bound, cursor, 1..12_usize, 0..3_usize).prop_map(
        |((colours, owners), first, last, cursor, limit, account)| {
            let mut page = Page { limit, ..page() };
            page.created = (first.unwrap_or(i64::MIN), last.unwrap_or(i64::MAX));
            for (field, values) in [("colour", colours), ("owner", owners)] {
                if let Some(values) = values {
                    page.only_any(field, values.into_iter().map(str::to_owned).collect());
                }
            }
            match cursor {
                Some((true, id)) => page.starting_after = Some(id.to_string()),
                Some((false, id)) => page.ending_before = Some(id.to_string()),
                None => {}
            }
            (page, account)
        },
    )
}

proptest! {
    #[test]
    fn list_after_any_steps_equals_a_scan_and_index_is_exact(steps in steps(), pages in vec(pages(), 20)) {
        let mut store = Store::default();
        let mut made = 0;
        for step in steps {
            match step {
                Step::Insert(account, colour, owner) => {
                    store.insert(thing(made, ACCOUNTS[account], COLOURS[colour], OWNERS[owner]));
                    made += 1;
                }
                Step::Paint(which, colour) => {
                    let place = u64::try_from(which % (made + 1)).unwrap();
                    if let Some(mut thing) = store.edit(place) {
                        thing.colour = COLOURS[colour];
                    }
                }
                Step::Remove(which) => drop(store.remove(u64::try_from(which % (made + 1)).unwrap())),
            }
        }
        prop_assert_eq!(&store.index.places, &index_of(&store));
        prop_assert_eq!(store.by_id.len(), store.len());
        for (place, thing) in &store.all {
            prop_assert_eq!(store.place(&thing.id), Some(*place));
        }
        for (page, account) in pages {
            let account = ACCOUNTS[account];
            prop_assert_eq!(listed(&store, &page, account), scanned(&store, &page, account), "{:?}", page);
        }
        for account in ACCOUNTS {
            let of: Vec<_> = store.all.iter().filter(|(_, thing)| thing.account == account).map(|(at, _)| *at).collect();
            prop_assert_eq!(store.of(account).collect::<Vec<_>>(), of);
            let red = store.all.iter().filter(|(_, it)| it.account == account && it.colour == "red").map(|(at, _)| *at);
            let red: Vec<_> = red.collect();
            prop_assert_eq!(store.having(account, "colour", "red").collect::<Vec<_>>(), red);
        }
    }
}

/// A store in which few things are blue, belong to `b`, or belong to the second account. The first account has half of
/// all things. No green thing has an owner.
fn large() -> Store<Thing> {
    let mut store = Store::default();
    for id in 0..30_000 {
        let account = if id % 2 == 0 { ACCOUNTS[1] } else { None };
        let (colour, owner) = match id {
            101 => ("blue", None),
            103 | 25_001 => ("red", Some("b")),
            _ if id % 3 == 0 => ("green", None),
            _ => ("red", Some("a")),
        };
        store.insert(thing(id, account, colour, owner));
    }
    store.insert(thing(30_000, ACCOUNTS[2], "red", None));
    store
}

fn looks(store: &Store<Thing>, page: &Page, account: Option<&str>) -> (Vec<String>, usize) {
    let before = store.index.looks.get();
    let (listed, _) = listed(store, page, account);
    (listed, store.index.looks.get() - before)
}

#[test]
fn list_with_any_filter_looks_only_at_what_it_shows() {
    let store = large();
    let only = |filters: &[(&'static str, &str)], created| {
        let mut page = Page { created, ..page() };
        for (field, value) in filters {
            page.only(field, Some(value));
        }
        let (listed, looks) = looks(&store, &page, None);
        (listed.len(), looks)
    };
    let always = (i64::MIN, i64::MAX);
    // A page, and the record that shows that there are more.
    let full = (10, 11);
    assert_eq!(only(&[], always), full);
    assert_eq!(only(&[("colour", "red")], always), full);
    assert_eq!(only(&[("colour", "green")], always), full);
    assert_eq!(only(&[("colour", "red"), ("owner", "a")], always), full);
    assert_eq!(only(&[("owner", "a"), ("colour", "red")], always), full);
    for (filters, count) in [
        (vec![("colour", "black")], 0),
        (vec![("colour", "blue")], 1),
        (vec![("owner", "b")], 2),
        (vec![("colour", "blue"), ("owner", "b")], 0),
        (vec![("colour", "blue"), ("owner", "a")], 0),
        (vec![("owner", "a"), ("colour", "green")], 0),
    ] {
        assert_eq!(only(&filters, always), (count, count), "{filters:?}");
    }
    assert_eq!(only(&[("colour", "blue")], (200, 300)), (0, 0));
    assert_eq!(only(&[], (5000, 5000)), (1, 1));
    assert_eq!(only(&[], (20_000, 30_000)), (0, 0));
    assert_eq!(looks(&store, &page(), ACCOUNTS[2]), (vec!["30000".to_owned()], 1));
    let mut union = page();
    union.only_any("colour", vec!["blue".to_owned(), "red".to_owned()]);
    let (listed, looks) = looks(&store, &union, None);
    assert_eq!((listed.len(), looks), (10, 12), "a page, and one more of each colour");
}

#[test]
fn page_from_the_middle_looks_only_at_a_page() {
    let store = large();
    let after = Page { starting_after: Some("15001".to_owned()), ..page() };
    let before = Page { ending_before: Some("15001".to_owned()), ..page() };
    for (page, first) in [(after, "14999"), (before, "15021")] {
        let (listed, looks) = looks(&store, &page, None);
        assert_eq!((&*listed[0], listed.len(), looks), (first, 10, 11));
    }
}

#[test]
fn each_change_is_noted_once() {
    let mut store = Store::default();
    store.changes().begin();
    let changes = |store: &mut Store<Thing>| {
        let places = store.changes().take_sorted();
        places.into_iter().map(|place| (place, store.at(place).is_some())).collect::<Vec<_>>()
    };
    let [first, second] = [0, 1].map(|id| store.insert(thing(id, None, "red", None)));
    drop(store.edit(second));
    assert_eq!(changes(&mut store), [(first, true), (second, true)]);
    assert!(store.edit(2).is_none() && store.remove(2).is_none() && store.get("0").is_some());
    assert_eq!(changes(&mut store), []);
    assert!(store.remove(first).is_some() && store.get("0").is_none());
    assert_eq!((changes(&mut store), store.len()), (vec![(first, false)], 1));
}

#[test]
fn record_is_restored_only_after_all_others_and_with_a_new_id() {
    let mut store = Store::default();
    let of = |id| thing(id, None, "red", None);
    assert!(store.restore(3, of(10)) && store.restore(7, of(20)));
    assert!(!store.restore(7, of(30)) && !store.restore(5, of(30)) && !store.restore(u64::MAX, of(30)));
    assert!(!store.restore(8, of(10)), "the id exists");
    assert!(!store.restore(8, of(15)), "the record before was created later");
    store.complete();
    assert_eq!((store.made(), store.place("20"), store.insert(of(30))), (8, Some(7), 8));
    assert_eq!(listed(&store, &page(), None).0, ["30", "20", "10"]);
}
