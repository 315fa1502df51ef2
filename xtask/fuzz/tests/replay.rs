//! Replays the corpus of each target.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use stripe_identity_fuzz::TARGETS;

#[test]
fn every_input_of_the_corpus_is_held() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut folders: Vec<_> = fs::read_dir(&corpus).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    folders.sort();
    assert_eq!(folders, TARGETS.iter().map(|target| target.name).collect::<Vec<_>>());
    for target in TARGETS {
        let inputs: Vec<_> =
            fs::read_dir(corpus.join(target.name)).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(inputs.len() >= 8, "the corpus of {} has {} inputs, but must have 8", target.name, inputs.len());
        for input in inputs {
            println!("{}", input.display());
            (target.run)(&fs::read(&input).unwrap());
        }
        (target.run)(b"");
    }
}
