use crate::refusal::Refusal;
use crate::response::Body;
use crate::world::call::Call;
use crate::world::page::Page;
use crate::world::session_params::TYPES;
use crate::world::state::State;
use crate::world::store::Record as _;

pub(crate) fn retrieve(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    Ok(Body::of(&call.id, &call.expanded.show_report(&state.reports.find(&call.id, call.account)?.report)))
}

pub(crate) fn list(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let mut page = Page::parse(&mut call.form)?;
    page.only("client_reference_id", call.form.text("client_reference_id")?);
    page.only("type", call.form.one_of("type", TYPES)?);
    page.only("verification_session", call.form.text("verification_session")?);
    call.form.finish()?;
    let (records, has_more) = state.reports.page(&page, call.account)?;
    if call.expanded.is_sensitive() {
        records.iter().try_for_each(|stored| call.must_read_sensitive(Some(stored.created())))?;
    }
    Ok(call.list((records.iter().map(|stored| call.expanded.show_report(&stored.report)).collect(), has_more)))
}
