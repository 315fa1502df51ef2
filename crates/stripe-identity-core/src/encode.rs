//! Encodes parameters: as a form, as JSON, or as `multipart/form-data`.

mod finite;
mod form;
mod multipart;
mod percent;

pub(crate) use self::finite::check as check_finite;
pub(crate) use self::form::append as append_form;
pub use self::multipart::FilePart;
pub(crate) use self::multipart::body as multipart_body;
pub(crate) use self::percent::{is_plain_segment, push_escaped};
