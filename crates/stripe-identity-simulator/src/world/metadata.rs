//! Metadata as parameters, with Stripe's limits: 50 keys of up to 40 characters, with values of up to 500 characters.

use stripe_identity_core::types::{Metadata, Patch};

use crate::form::Form;
use crate::refusal::Refusal;

pub(crate) fn parse(form: &mut Form) -> Result<Patch<Vec<(String, String)>>, Refusal> {
    Ok(match form.object("metadata")? {
        Patch::Keep => Patch::Keep,
        Patch::Clear => Patch::Clear,
        Patch::Set(pairs) => Patch::Set(pairs.into_pairs()?),
    })
}

/// Applies changes to metadata: sets pairs, and removes those with an empty value, or removes all of them.
pub(crate) fn change(metadata: &mut Metadata, changes: Patch<Vec<(String, String)>>) -> Result<(), Refusal> {
    let pairs = match changes {
        Patch::Keep => return Ok(()),
        Patch::Clear => {
            metadata.clear();
            return Ok(());
        }
        Patch::Set(pairs) => pairs,
    };
    for (key, value) in pairs {
        let name = format!("metadata[{key}]");
        if value.is_empty() {
            metadata.remove(&key);
        } else if key.chars().count() > 40 {
            return Err(Refusal::invalid(&name, "Metadata keys can have up to 40 characters."));
        } else if value.chars().count() > 500 {
            return Err(Refusal::invalid(&name, "Metadata values can have up to 500 characters."));
        } else {
            metadata.insert(key, value);
        }
    }
    if metadata.len() > 50 {
        return Err(Refusal::invalid("metadata", "Metadata can have up to 50 keys."));
    }
    Ok(())
}
