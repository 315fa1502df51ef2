use stripe_identity_core::types::{Sensitive, VerificationSessionType};

use crate::refusal::Refusal;
use crate::response::Body;
use crate::world::call::Call;
use crate::world::page::Page;
use crate::world::session_params::TYPES;
use crate::world::state::State;

pub(crate) fn retrieve(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    Ok(call.expanded.show_report(&state.reports.find(&call.id, call.account)?.report).into())
}

pub(crate) fn list(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let page = Page::parse(&mut call.form)?;
    let reference = call.form.text("client_reference_id")?.map(Sensitive::new);
    let type_: Option<VerificationSessionType> = call.form.one_of("type", TYPES)?;
    let session = call.form.text("verification_session")?;
    call.form.finish()?;
    let (records, has_more) = state.reports.page(&page, call.account, |stored| {
        page.is_created(stored.created())
            && (reference.is_none() || reference == stored.report.client_reference_id)
            && type_.as_ref().is_none_or(|type_| *type_ == stored.report.type_)
            && session.as_deref().is_none_or(|session| stored.is_of(session))
    })?;
    if call.expanded.is_sensitive() {
        records.iter().try_for_each(|stored| call.must_read_sensitive(Some(stored.created())))?;
    }
    Ok(call.list((records.iter().map(|stored| call.expanded.show_report(&stored.report)).collect(), has_more)))
}
